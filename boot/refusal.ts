// What can keep the server from starting, each with what to do about it.
import { defineRefusals } from '../kernel/refusal.ts';

export const { refuse: refuseBoot } = defineRefusals({
  config_invalid: {
    kind: 'invalid',
    title: 'A setting has a value that makes no sense',
    remedy: 'Correct the environment variable that the sentence names; .env.example lists them all.',
  },
  embedded_missing: {
    kind: 'unavailable',
    title: 'The embedded PostgreSQL is not installed',
    remedy: 'Install the development dependencies, or set DATABASE_URL.',
  },
  embedded_user_missing: {
    kind: 'unavailable',
    title: 'There is no user that PostgreSQL could run as',
    remedy: 'Start as a normal user, or make a user named postgres.',
  },
  embedded_failed: {
    kind: 'unavailable',
    title: 'The embedded PostgreSQL does not start',
    remedy: 'Read the log file that the sentence names.',
  },
  data_in_use: {
    kind: 'conflict',
    title: 'Another server runs on the same data',
    remedy: 'Use the running server, or stop it, or choose another LOOPLEDGER_DATA.',
  },
  data_unusable: {
    kind: 'unavailable',
    title: 'The folder for the data cannot be used',
    remedy: 'Make it a folder that this user may write, with room in it, or choose another LOOPLEDGER_DATA.',
  },
  server_missing: {
    kind: 'unavailable',
    title: 'No server runs on this machine with this data',
    remedy: 'Start one with npm start, or name its folder by LOOPLEDGER_DATA.',
  },
  database_unreachable: {
    kind: 'unavailable',
    title: 'The database does not answer',
    remedy: 'Check that it runs, and that the URL leads to it.',
  },
  port_taken: {
    kind: 'conflict',
    title: 'The server cannot listen where it should',
    remedy: 'Choose another PORT or HOST.',
  },
});
