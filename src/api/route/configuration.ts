import Type, { type Static } from 'typebox';
import { isMap, parseDocument } from 'yaml';
import {
  CONFIGURATION_SCHEMA,
  ConfigurationError,
  type Mistake,
  parseConfiguration,
} from '../../config/index.ts';
import type { Backend } from '../backend.ts';
import { Problem } from '../problem.ts';
import {
  ConfigurationChangeSchema,
  ConfigurationTextSchema,
  ConfigurationVersionsSchema,
  ConfigurationWishSchema,
  VersionParams,
  VersionTextSchema,
} from '../schema/configuration.ts';
import type { Api } from '../server.ts';

type Wish = Static<typeof ConfigurationWishSchema>;

const TAGS = ['configuration'];

/** The configuration: what it says, what another would change, and the ones before it. */
export function configurationRoutes(api: Api, { weir }: Backend): void {
  const change = async (wish: Wish, author: string, dry: boolean): Promise<object> => {
    const text = await textOf(wish);
    const { note = '', basis = '' } = wish;
    // Looked at here: a long text that is none takes a second, in which the supervisor would hand on no records.
    const mistakes = mistakesIn(text);
    if (mistakes.length > 0) {
      const { digest } = await weir.configuration();
      return { mistakes, changes: [], plan: [], applied: false, version: 0, digest, text };
    }
    return { ...(await weir.configure({ text, author, note, basis, dry })), text };
  };
  const textOf = async ({ text, set }: Wish): Promise<string> => {
    if (set === undefined) {
      if (text !== undefined) return text;
      throw new Problem(400, 'The request is not understood', 'give a text, or settings to set');
    }
    const before = text ?? (await weir.configuration()).text;
    try {
      return withSettings(before, set);
    } catch (error) {
      // The writer goes down into what is nested, and no setting is nested so deep.
      if (error instanceof RangeError) {
        throw new Problem(400, 'The request is not understood', 'a setting is nested too deep');
      }
      throw error;
    }
  };

  api.get(
    '/api/v1/configuration',
    {
      config: { access: 'operator' },
      schema: { summary: 'The configuration', tags: TAGS, response: { 200: ConfigurationTextSchema } },
    },
    async () => {
      const found = await weir.configuration();
      return { ...found, settings: settingsIn(found.text) };
    },
  );
  api.get(
    '/api/v1/configuration/schema',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Every setting: type, default, bounds, what it does (JSON Schema)',
        tags: TAGS,
        response: { 200: Type.Unknown() },
      },
    },
    () => CONFIGURATION_SCHEMA,
  );
  api.post(
    '/api/v1/configuration/plan',
    {
      config: { access: 'operator', asks: true },
      schema: {
        summary: 'What a configuration would change; nothing is changed',
        tags: TAGS,
        body: ConfigurationWishSchema,
        response: { 200: ConfigurationChangeSchema },
      },
    },
    ({ body, principal }) => change(body, principal?.name ?? '', true),
  );
  api.put(
    '/api/v1/configuration',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Applies a configuration',
        description: 'With mistakes in it nothing changes; the text before it is kept as a version.',
        tags: TAGS,
        body: ConfigurationWishSchema,
        response: { 200: ConfigurationChangeSchema },
      },
    },
    ({ body, principal }) => change(body, principal?.name ?? '', false),
  );
  api.get(
    '/api/v1/configuration/versions',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Earlier ones, the newest first',
        tags: TAGS,
        response: { 200: ConfigurationVersionsSchema },
      },
    },
    async () => ({ items: await weir.versions() }),
  );
  api.get(
    '/api/v1/configuration/versions/:version',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'The text of an earlier one',
        tags: TAGS,
        params: VersionParams,
        response: { 200: VersionTextSchema },
      },
    },
    async ({ params: { version } }) => ({ version, ...(await weir.version(version)) }),
  );
  api.post(
    '/api/v1/configuration/versions/:version/rollback',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Applies an earlier one again',
        tags: TAGS,
        params: VersionParams,
        response: { 200: ConfigurationChangeSchema },
      },
    },
    async ({ params: { version }, principal }) => {
      const { text } = await weir.version(version);
      return change({ text, note: `version ${version} again` }, principal?.name ?? '', false);
    },
  );
}

function mistakesIn(text: string): readonly Mistake[] {
  try {
    parseConfiguration(text, 'weir.yaml');
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.mistakes;
    throw error;
  }
}

/** What a text sets. Somebody may have damaged the file: then it says nothing, and its text is there to be mended. */
function settingsIn(text: string): unknown {
  try {
    return parseDocument(text).toJS() ?? {};
  } catch (error) {
    // An alias of nothing, or too many of them.
    if (error instanceof ReferenceError) return {};
    throw error;
  }
}

/** Puts settings into a text; what else stands in it stays as it is. */
function withSettings(text: string, set: Readonly<Record<string, unknown>>): string {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) {
    throw new Problem(409, 'The configuration is damaged', `mend its text first: ${error.message}`);
  }
  if (document.contents !== null && !isMap(document.contents)) {
    throw new Problem(409, 'The configuration is damaged', 'its text is no list of settings');
  }
  for (const [name, value] of Object.entries(set)) {
    const path = name.split('.');
    if (path.length > 8 || path.some((part) => !/^[A-Za-z][\w-]{0,63}$/.test(part))) {
      throw new Problem(
        400,
        'The request is not understood',
        `'${name.slice(0, 60)}' is no name of a setting`,
      );
    }
    if (value === null) document.deleteIn(path);
    else {
      // A section that stands there empty is null, and nothing can be put into it.
      for (let depth = 1; depth < path.length; depth++) {
        const above = path.slice(0, depth);
        if (!isMap(document.getIn(above))) document.setIn(above, document.createNode({}));
      }
      document.setIn(path, value);
    }
  }
  // Else each list in one line would be written anew, and a change of one value look like one of many.
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
