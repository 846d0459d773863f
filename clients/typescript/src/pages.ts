/** Lists, page after page. */

/** What every list answers. */
export interface Page<Item> {
  items: readonly Item[];
  /** Where the next page begins; null after the last one. */
  next_cursor: string | null;
  /** Of the feed alone, whose `next_cursor` is always there. */
  has_more?: boolean;
}

type Listing = (options: any) => Promise<{ data?: Page<unknown> | undefined }>;
type OptionsOf<List extends Listing> = NonNullable<Parameters<List>[0]>;
type PageOf<List extends Listing> = NonNullable<Awaited<ReturnType<List>>["data"]>;
type ItemOf<List extends Listing> = PageOf<List>["items"][number];

/**
 * Every page of a list: `for await (const page of pages(listMilestones, { client, path: { plan } }))`.
 *
 * It goes on from `query.cursor`, if any, in pages of `query.limit`.
 */
export async function* pages<List extends Listing>(
  list: List,
  options: OptionsOf<List>,
): AsyncGenerator<PageOf<List>, void, void> {
  for (let asked = { ...options, throwOnError: true }; ; ) {
    const page = (await list(asked)).data as PageOf<List>;
    yield page;
    if (page.next_cursor === null || page.has_more === false) return;
    asked = { ...asked, query: { ...options.query, cursor: page.next_cursor } };
  }
}

/** Every item of a list: `for await (const milestone of items(listMilestones, { client, path: { plan } }))`. */
export async function* items<List extends Listing>(
  list: List,
  options: OptionsOf<List>,
): AsyncGenerator<ItemOf<List>, void, void> {
  for await (const page of pages(list, options)) yield* page.items as Iterable<ItemOf<List>>;
}
