import { journalContract } from '../contract.ts';
import { memoryJournal } from './journal.ts';

journalContract('the memory journal', () => memoryJournal());
