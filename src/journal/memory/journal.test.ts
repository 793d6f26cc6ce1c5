import { journalContract } from '../contract.testing.ts';
import { memoryJournal } from './journal.ts';

journalContract('the memory journal', () => memoryJournal());
