// A panel of a page with its own loading, failure and emptiness: one that fails leaves the others alone.
import type { ReactNode } from 'react';
import type { List } from '../api/list.ts';
import { Button } from './button.tsx';
import { Failure } from './failure.tsx';
import { Skeleton } from './skeleton.tsx';

interface SectionProps {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly acts?: ReactNode;
  readonly children: ReactNode;
}

export function Section({ id, title, text, acts, children }: SectionProps) {
  return (
    <section className="panel" id={id} aria-labelledby={`${id}-title`}>
      <div className="panel-head">
        <div>
          <h2 id={`${id}-title`}>{title}</h2>
          <p>{text}</p>
        </div>
        <div className="line">{acts}</div>
      </div>
      {children}
    </section>
  );
}

interface ListProps<Item> {
  readonly list: List<Item>;
  /** Of the columns; the last one may be empty, for what can be done. */
  readonly columns: readonly string[];
  readonly caption: string;
  readonly empty: ReactNode;
  readonly row: (item: Item) => ReactNode;
}

export function ListTable<Item>({ list, columns, caption, empty, row }: ListProps<Item>) {
  if (list.items === undefined && list.error !== null) {
    return (
      <div className="panel-body">
        <Failure error={list.error} retry={list.retry} />
      </div>
    );
  }
  if (list.items === undefined) return <Skeleton label={`Loading: ${caption}`} />;
  if (list.items.length === 0 && !list.hasMore) return <div className="empty">{empty}</div>;
  return (
    <>
      <div className="scroll" tabIndex={0} role="group" aria-label={caption}>
        <table>
          <caption className="unseen">{caption}</caption>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col">
                  {column === 'Acts' ? <span className="unseen">{column}</span> : column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>{list.items.map(row)}</tbody>
        </table>
      </div>
      {list.hasMore ? (
        <div className="panel-body">
          <Button small onPress={list.more}>
            Show more
          </Button>
        </div>
      ) : null}
    </>
  );
}
