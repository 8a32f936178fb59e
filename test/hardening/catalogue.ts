// The catalogue checks: what pg_catalog must say of every table, role and function, also of those that come later.
import type pg from 'pg';
import { catalogueExceptions } from '../sql/exceptions.ts';
import { rightChecks } from './catalogue-rights.ts';
import { tableChecks } from './catalogue-tables.ts';
import { type Exception, type Finding, withoutExceptions } from './finding.ts';

export interface CatalogueCheck {
  readonly name: string;
  /** Answers `object` and `detail` of everything that is not as it must be. */
  readonly sql: string;
}

export const catalogueChecks: readonly CatalogueCheck[] = [...tableChecks, ...rightChecks];

/** Any role may ask: the catalogue is open to all, so the answer does not depend on who does. */
export async function checkCatalogue(
  client: pg.ClientBase,
  exceptions: readonly Exception[] = catalogueExceptions,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { name, sql } of catalogueChecks) {
    const { rows } = await client.query<{ object: string; detail: string }>(sql);
    findings.push(...rows.map(({ object, detail }) => ({ check: name, object, detail })));
  }
  return withoutExceptions(findings, exceptions);
}
