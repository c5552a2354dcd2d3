// Setup files run before each file of tests, what they import once in a process.
import './note-answers.ts';
