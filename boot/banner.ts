// What a human reads when the server is ready.
import type { Config } from './config.ts';
import { type RunningServer, version } from './server.ts';

export function banner(config: Config, server: RunningServer): string {
  const { url } = server;
  const lines: (readonly [label: string, value: string])[] =
    config.role === 'worker'
      ? [['Health', `http://127.0.0.1:${server.port}/readyz`]]
      : [
          // Browsers know passkeys of names alone, and of an address of this machine they know none.
          ['Sign up', `${url.replace('//127.0.0.1', '//localhost')}/signup`],
          ['API', `${url}/api/v1`],
          ['Reference', `${url}/docs`],
          ['Discovery', `${url}/.well-known/loopledger`],
          ['Health', `${url}/readyz`],
        ];
  if (config.database === null) lines.push(['Data', config.dataFolder]);
  const width = Math.max(...lines.map(([label]) => label.length)) + 2;
  const rows = lines.map(([label, value]) => `  ${label.padEnd(width)}${value}`);
  const example = config.database === null ? '  Fill it with an example: npm run demo\n' : '';
  return `\nLoopledger ${version} is ready.\n\n${rows.join('\n')}\n\n${example}  Ctrl-C stops it.\n`;
}
