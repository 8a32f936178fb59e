// What was run to verify a story in its present cycle, with the signed statement on it.
import { type Static, Type } from 'typebox';
import { Id } from '../kernel/shape.ts';
import { VerificationRun } from '../events/story-custody-run.ts';
import type { Database } from '../sql/database.ts';
import { statement } from '../sql/statement.ts';
import { headPosition } from './page.ts';
import type { Found } from './object.ts';

const closed = { additionalProperties: false } as const;

/** DSSE, of an in-toto statement. */
const Envelope = Type.Object(
  {
    payloadType: Type.String({ maxLength: 100 }),
    payload: Type.String({ maxLength: 4_000_000, description: 'The statement in base64' }),
    signatures: Type.Array(
      Type.Object(
        {
          keyid: Type.String({ maxLength: 100, description: 'A signing key for `runner`, see GET /signing-keys' }),
          sig: Type.String({ maxLength: 200, description: 'Ed25519 over the pre-authentication encoding, in base64' }),
        },
        closed,
      ),
      { minItems: 1, maxItems: 1 },
    ),
  },
  closed,
);

export const VerificationView = Type.Object(
  { story_id: Id, ...VerificationRun.properties, envelope: Type.Union([Envelope, Type.Null()]) },
  closed,
);
export type VerificationView = Static<typeof VerificationView>;

interface VerificationRow extends Record<string, unknown> {
  readonly position: number;
  readonly version: number;
  /** JSON text. */
  readonly run: string | null;
  readonly envelope: string | null;
}

const byStory = statement(
  'find_story_verification',
  `select ${headPosition} as position, s.version, (s.custody -> 'verification_run')::text as run,
          convert_from(c.bytes, 'UTF8') as envelope
     from view.stories s
     left join ledger.contents c
       on c.tenant_id = $1 and c.sha256 = decode(s.custody #>> '{verification_run,statement,sha256}', 'hex')
    where s.tenant_id = $1 and s.story_id = $2 and s.status <> 'deleted'`,
);

/** Null when there is no such story, `none` when nothing was run for it. */
export async function findVerification(
  database: Database,
  tenantId: string,
  storyId: string,
): Promise<Found | 'none' | null> {
  const [row] = await database.read<VerificationRow>(tenantId, byStory, [tenantId, storyId]);
  if (row === undefined) return null;
  if (row.run === null || row.run === 'null') return 'none';
  const body = `{"story_id":"${storyId}",${row.run.trim().slice(1, -1)},"envelope":${row.envelope ?? 'null'}}`;
  return { body, version: row.version, position: row.position };
}
