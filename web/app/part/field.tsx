// A labelled control with its hint and its fault.
import { type InputHTMLAttributes, type ReactNode, useId } from 'react';

interface Frame {
  readonly label: string;
  readonly hint?: string;
  readonly fault?: string | undefined;
}

interface FieldProps extends Frame {
  readonly children: (given: { readonly id: string; readonly 'aria-describedby': string }) => ReactNode;
}

function Field({ label, hint, fault, children }: FieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': noteId })}
      <p id={noteId} className={fault === undefined ? 'hint' : 'fault'}>
        {fault ?? hint}
      </p>
    </div>
  );
}

type TextProps = Frame & Omit<InputHTMLAttributes<HTMLInputElement>, 'id' | 'onChange'> & Changing;

interface Changing {
  readonly value: string;
  readonly onValue: (value: string) => void;
}

export function TextField({ label, hint, fault, onValue, ...input }: TextProps) {
  return (
    <Field label={label} {...(hint === undefined ? {} : { hint })} fault={fault}>
      {(given) => (
        <input
          type="text"
          autoComplete="off"
          spellCheck={false}
          {...input}
          {...given}
          aria-invalid={fault !== undefined}
          onChange={(event) => onValue(event.target.value)}
        />
      )}
    </Field>
  );
}

export type Choices = readonly (readonly [value: string, label: string])[];

interface ChoiceProps extends Frame, Changing {
  readonly choices: Choices;
  /** More of them, under a heading each. */
  readonly groups?: readonly (readonly [heading: string, choices: Choices])[];
}

export function ChoiceField({ label, hint, fault, value, onValue, choices, groups = [] }: ChoiceProps) {
  return (
    <Field label={label} {...(hint === undefined ? {} : { hint })} fault={fault}>
      {(given) => (
        <select {...given} value={value} onChange={(event) => onValue(event.target.value)}>
          <Options choices={choices} />
          {groups.map(([heading, some]) => (
            <optgroup key={heading} label={heading}>
              <Options choices={some} />
            </optgroup>
          ))}
        </select>
      )}
    </Field>
  );
}

function Options({ choices }: { readonly choices: Choices }) {
  return choices.map(([value, text]) => (
    <option key={value} value={value}>
      {text}
    </option>
  ));
}
