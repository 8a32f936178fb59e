// How deliveries are signed: asked when a webhook is made, and again at each rotation.
import { ChoiceField } from '../part/field.tsx';

export type Signature = 'v1' | 'v1a';

export function SignatureField(props: { readonly value: Signature; readonly onValue: (value: Signature) => void }) {
  const { value, onValue } = props;
  return (
    <ChoiceField
      label="Signature"
      hint={
        value === 'v1'
          ? 'Whoever can check it could also sign'
          : 'The receiver can check it, and nobody but the server can sign'
      }
      value={value}
      onValue={(chosen) => onValue(chosen as Signature)}
      choices={[
        ['v1', 'with a shared secret (v1, HMAC-SHA256)'],
        ['v1a', 'with a private key of the server (v1a, Ed25519)'],
      ]}
    />
  );
}
