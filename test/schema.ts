// `npm run schema`: writes sql/schema.sql from a database that was migrated just now.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { administer, findCluster } from './support/database.ts';
import { dumpSchema } from './support/schema-dump.ts';
import { templateName } from './support/postgres.ts';
import { root } from './support/source.ts';

const { adminUrl } = await findCluster();
const name = 'schema_dump';
await administer(adminUrl, (client) => client.query(`create database ${name} template ${templateName}`));
await administer(adminUrl.replace(/[^/]*$/, name), async (client) => {
  writeFileSync(path.join(root, 'sql/schema.sql'), await dumpSchema(client));
});
console.log('sql/schema.sql is up to date.');
