// Lists of the API, page after page, and what makes them read again.
import { useInfiniteQuery } from '@tanstack/react-query';
import { type Operation, type Response, send } from './client.ts';
import { queryClient } from './session.ts';

export type ListOperation = {
  [O in Operation]: Response<O> extends { readonly data: readonly unknown[]; readonly next_cursor: string | null }
    ? O
    : never;
}[Operation];

export type ItemOf<O extends ListOperation> =
  Response<O> extends { readonly data: readonly (infer Item)[] } ? Item : never;

interface ListPage<Item> {
  readonly data: readonly Item[];
  readonly next_cursor: string | null;
}

export interface List<Item> {
  /** Undefined until the first page is there. */
  readonly items: readonly Item[] | undefined;
  readonly error: Error | null;
  readonly hasMore: boolean;
  readonly more: () => Promise<unknown>;
  readonly retry: () => Promise<unknown>;
}

const pageSize = 100;

export function useList<O extends ListOperation>(
  operation: O,
  filters: Readonly<Record<string, string | undefined>> = {},
  params: Readonly<Record<string, string>> = {},
): List<ItemOf<O>> {
  const { data, error, hasNextPage, fetchNextPage, refetch } = useInfiniteQuery({
    queryKey: [operation, filters, params],
    initialPageParam: undefined as string | undefined,
    async queryFn({ pageParam }) {
      const query = { ...filters, limit: pageSize, cursor: pageParam };
      return (await send(operation, { query, params } as never)) as unknown as ListPage<ItemOf<O>>;
    },
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const items = data?.pages.flatMap((page) => page.data);
  return { items, error, hasMore: hasNextPage, more: fetchNextPage, retry: refetch };
}

/** After a change: what is shown of these is read again. */
export async function readAgain(...operations: readonly Operation[]): Promise<void> {
  await Promise.all(operations.map((operation) => queryClient.invalidateQueries({ queryKey: [operation] })));
}
