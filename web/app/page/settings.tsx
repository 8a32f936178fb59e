// What a person decides about its tenant: whom to trust, with which keys, and whether custody is open.
import { AuthenticatorsSection } from '../settings/authenticators.tsx';
import { CustodySection } from '../settings/custody.tsx';
import { DispatchRootsSection } from '../settings/dispatch-roots.tsx';
import { KeysSection } from '../settings/keys.tsx';
import { SessionSection } from '../settings/session.tsx';
import { SigningKeysSection } from '../settings/signing-keys.tsx';

const sections = [
  ['custody', 'Custody', CustodySection],
  ['authenticators', 'Authenticators', AuthenticatorsSection],
  ['keys', 'API keys', KeysSection],
  ['roots', 'Dispatch roots', DispatchRootsSection],
  ['signing-keys', 'Signing keys', SigningKeysSection],
  ['session', 'Session', SessionSection],
] as const;

export default function Settings() {
  return (
    <>
      <h1>Settings</h1>
      <nav className="jump" aria-label="Sections">
        {sections.map(([id, title]) => (
          <a key={id} href={`#${id}`}>
            {title}
          </a>
        ))}
      </nav>
      <div className="settings">
        {sections.map(([id, , Content]) => (
          <Content key={id} />
        ))}
      </div>
    </>
  );
}
