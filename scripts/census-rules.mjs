// What of the registries becomes part of the shipped vocabulary. Pure, so that a test can hold it.

/** Our own; the census is taken without us. */
const OWN_COMMANDS = ['eventlog:open'];
const OWN_PLUGINS = ['jupyter-eventlog:consent', 'jupyter-eventlog:panel'];

/** Ids that are made at run time from names of kernels, files or links: they carry data. */
const MADE_AT_RUN_TIME = [/^help-menu-/, /^__internal:/];

/** An id that somebody wrote into a source file: a namespace and words, nothing else. */
const WRITTEN_ID = /^[A-Za-z0-9@_./-]+(:[A-Za-z0-9@_./-]+)*$/;
const WRITTEN_WORD = /^[A-Za-z0-9_.+-]{1,40}$/;
/** A theme is named by words for people. */
const WRITTEN_NAME = /^[A-Za-z0-9][A-Za-z0-9 _.+-]{0,63}$/;

/** Added by lumino to tell a key binding apart; never an argument of the command. */
const NOT_AN_ARGUMENT = '_luminoEvent';

/**
 * Names of error classes that say what kind of thing went wrong and nothing else: those of the language,
 * of the DOM, and of JupyterLab's services.
 */
const ERROR_CLASSES = [
  'AbortError',
  'AggregateError',
  'ConstraintError',
  'DataCloneError',
  'DataError',
  'EncodingError',
  'Error',
  'EvalError',
  'InvalidAccessError',
  'InvalidCharacterError',
  'InvalidModificationError',
  'InvalidStateError',
  'NetworkError',
  'NoModificationAllowedError',
  'NotAllowedError',
  'NotFoundError',
  'NotReadableError',
  'NotSupportedError',
  'OperationError',
  'QuotaExceededError',
  'RangeError',
  'ReadOnlyError',
  'ReferenceError',
  'ResponseError',
  'SecurityError',
  'SyntaxError',
  'TimeoutError',
  'TransactionInactiveError',
  'TypeError',
  'URIError',
  'UnknownError',
  'VersionError',
  'WrongDocumentError'
];

/**
 * Make the vocabulary from what the pages' registries said.
 *
 * @param registries list of `{described: {id: schema | null}, bindings: [{command, keys}], plugins: [id], themes: [name]}`,
 *   where `plugins` are those that have settings
 */
export function compile(registries) {
  const commands = new Set(OWN_COMMANDS);
  const projection = {};
  const bindings = {};
  for (const { described, bindings: bound } of registries) {
    for (const [id, schema] of Object.entries(described)) {
      if (isWritten(id)) {
        commands.add(id);
        merge(projection, id, projectSchema(schema));
      }
    }
    for (const { command, keys } of bound) {
      if (isWritten(command)) {
        commands.add(command);
        (bindings[command] ??= new Set()).add(keys.join(', '));
      }
    }
  }
  const rules = Object.values(projection).flatMap(Object.values);
  return {
    commands: sorted(commands),
    arguments: sorted(Object.values(projection).flatMap(Object.keys)),
    choices: sorted(rules.filter(Array.isArray).flat()),
    key_sequences: sorted(
      Object.values(bindings).flatMap(sequences => [...sequences])
    ),
    error_classes: sorted(ERROR_CLASSES),
    plugins: sorted([
      ...OWN_PLUGINS,
      ...registries.flatMap(({ plugins }) => plugins).filter(isWritten)
    ]),
    themes: sorted(
      registries
        .flatMap(({ themes }) => themes)
        .filter(name => WRITTEN_NAME.test(name))
    ),
    projection: byKey(projection, byKey),
    bindings: byKey(bindings, sorted)
  };
}

export function isWritten(id) {
  return (
    WRITTEN_ID.test(id) && !MADE_AT_RUN_TIME.some(pattern => pattern.test(id))
  );
}

/** Per declared argument: "flag" for a boolean, the list for an enumeration of words, else "present". */
export function projectSchema(schema) {
  const rules = {};
  for (const [name, declared] of Object.entries(schema?.properties ?? {})) {
    if (name !== NOT_AN_ARGUMENT && WRITTEN_WORD.test(name)) {
      rules[name] = ruleFor(declared);
    }
  }
  return rules;
}

function ruleFor(declared) {
  if (declared?.type === 'boolean') {
    return 'flag';
  }
  const words = declared?.enum;
  const areWords =
    Array.isArray(words) &&
    words.every(word => typeof word === 'string' && WRITTEN_WORD.test(word));
  return areWords && words.length > 0 ? sorted(words) : 'present';
}

/** Two pages may describe one command differently: then only what both agree on is told by value. */
function merge(projection, id, rules) {
  const target = (projection[id] ??= {});
  for (const [name, rule] of Object.entries(rules)) {
    const known = target[name] ?? rule;
    target[name] =
      JSON.stringify(known) === JSON.stringify(rule) ? rule : 'present';
  }
  if (Object.keys(target).length === 0) {
    delete projection[id];
  }
}

function sorted(values) {
  return [...new Set(values)].sort();
}

function byKey(object, inner = value => value) {
  return Object.fromEntries(
    Object.keys(object)
      .sort()
      .map(key => [key, inner(object[key])])
  );
}

/**
 * What has to be told of two vocabularies that differ: a line for each word that came or went, and for
 * each command whose arguments or keys are other ones. Empty where they are the same.
 */
export function differences(committed, taken) {
  return [...new Set([...Object.keys(committed), ...Object.keys(taken)])]
    .sort()
    .flatMap(part => {
      const [was, is] = [committed[part], taken[part]];
      return Array.isArray(was ?? is)
        ? changedWords(part, was ?? [], is ?? [])
        : changedRules(part, was ?? {}, is ?? {});
    });
}

function changedWords(part, was, is) {
  return [
    ...is.filter(word => !was.includes(word)).map(word => `+ ${part}: ${word}`),
    ...was.filter(word => !is.includes(word)).map(word => `- ${part}: ${word}`)
  ];
}

function changedRules(part, was, is) {
  return sorted([...Object.keys(was), ...Object.keys(is)]).flatMap(id => {
    const [before, after] = [JSON.stringify(was[id]), JSON.stringify(is[id])];
    return [
      ...(before === after || !before ? [] : [`- ${part} of ${id}: ${before}`]),
      ...(before === after || !after ? [] : [`+ ${part} of ${id}: ${after}`])
    ];
  });
}
