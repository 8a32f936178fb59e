import { testEscapes } from './escape.ts';

await testEscapes('wasm');
