import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import { configs } from 'typescript-eslint';

const page = ['FormData', 'crypto', 'document', 'fetch'];

export default defineConfig(
  { ignores: ['coverage/', 'dist/', 'reports/'] },
  js.configs.recommended,
  configs.recommended,
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    rules: {
      eqeqeq: 'error',
      'no-eval': 'error',
      'no-implied-eval': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
    },
  },
  { files: ['public/**'], languageOptions: { globals: Object.fromEntries(page.map((name) => [name, 'readonly'])) } },
);
