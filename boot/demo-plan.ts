// What the demo tenant is filled with: a small project as an orchestrator would plan it.

export interface PlannedStory {
  readonly title: string;
  readonly priority?: number;
  readonly criteria: readonly { readonly text: string; readonly binding: string | null }[];
  /** Places of earlier stories of the same epic. */
  readonly needs?: readonly number[];
}

export interface PlannedEpic {
  readonly title: string;
  readonly description: string;
  readonly stories: readonly PlannedStory[];
  /** Places of earlier epics. */
  readonly needs?: readonly number[];
}

export const demoProject = {
  name: 'Orbit',
  slug: 'orbit',
  description: 'A link shortener that a team of agents builds, one verified story after the other.',
};

export const demoAgents = {
  planner: 'Plans epics and stories and says what depends on what.',
  builder: 'Takes ready stories and writes the code.',
  helper: 'Does parts of what the builder does.',
  reviewer: 'Looks for what is wrong with the work of others.',
  auditor: 'Verifies what was reviewed.',
  impostor: 'Would like to do all of it alone.',
};

export const demoEpics: readonly PlannedEpic[] = [
  {
    title: 'Short links',
    description: 'Make a short link and follow it.',
    stories: [
      {
        title: 'Store a link under a short code',
        priority: 0,
        criteria: [
          { text: 'A code has seven characters and is never given twice', binding: 'test:codes are unique' },
          { text: 'Only http and https addresses are accepted', binding: 'test:other schemes are refused' },
        ],
      },
      {
        title: 'Redirect a short code to its link',
        priority: 1,
        criteria: [
          { text: 'A known code answers 302 with the link', binding: 'route:GET /:code' },
          { text: 'An unknown code answers 404', binding: 'test:an unknown code is missing' },
        ],
        needs: [0],
      },
      {
        title: 'Let a link expire',
        criteria: [{ text: 'An expired code answers 410', binding: 'test:an expired code is gone' }],
        needs: [1],
      },
    ],
  },
  {
    title: 'Accounts',
    description: 'Every link belongs to somebody.',
    stories: [
      {
        title: 'Sign up with a passkey',
        criteria: [{ text: 'A second passkey can be added', binding: 'manual:try it with two phones' }],
      },
      {
        title: 'List my links page by page',
        criteria: [{ text: 'No link of another account is ever in it', binding: 'test:accounts are apart' }],
        needs: [0],
      },
    ],
  },
  {
    title: 'Numbers',
    description: 'How often a link was followed, and from where.',
    stories: [
      {
        title: 'Count every redirect once',
        criteria: [{ text: 'A thousand redirects at once count a thousand', binding: 'test:counting under load' }],
      },
      {
        title: 'Show a chart of the last thirty days',
        priority: 3,
        criteria: [{ text: 'Days without redirects are shown as zero', binding: null }],
        needs: [0],
      },
    ],
    needs: [0, 1],
  },
];
