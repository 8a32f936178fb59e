// How programs that people start from a terminal take their words: help is given, and a misunderstanding is explained.

/** Null when there is nothing to do: help was given, or the words make no sense, which `read` says by throwing. */
export function commandOf<Read>(
  words: readonly string[],
  usage: string,
  read: (words: readonly string[]) => Read,
): Read | null {
  if (words.some((word) => word === '--help' || word === '-h')) {
    console.log(usage);
    return null;
  }
  try {
    return read(words);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exitCode = 1;
    return null;
  }
}

/** For programs that are told everything by the environment: a word that is passed over would look as if it held. */
export function noWords(words: readonly string[]): true {
  if (words.length > 0) throw new Error(`${JSON.stringify(words[0])} is not understood: there is nothing to say here.`);
  return true;
}
