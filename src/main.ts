#!/usr/bin/env node
import { keepCompiled } from './foundation/compiled.ts';

keepCompiled(); // before all else is loaded
const { commandLine } = await import('./command-line.ts');
await commandLine(process.argv.slice(2));
