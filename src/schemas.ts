// Our events as their schemas have them. Made by scripts/schema-types.mjs: change the schemas, not this.

/** Id of the schema of {@link ActivityV1}. */
export const ACTIVITY_V1 =
  'https://events.jupyter.org/jupyter_eventlog/activity/v1';

/**
 * Something was done that is not a command: a document opened, a cell executed, a tab activated. Which kind of thing, how it was started and whether it worked; never what it was or what it holds.
 */
export interface ActivityV1 {
  /**
   * What was done.
   */
  activity:
    | 'document-opened'
    | 'document-closed'
    | 'document-renamed'
    | 'document-saved'
    | 'cell-executed'
    | 'cell-type-changed'
    | 'tab-activated'
    | 'completion-picked'
    | 'kernel-chosen'
    | 'kernel-restarted'
    | 'kernel-interrupted'
    | 'item-dropped'
    | 'search-used'
    | 'setting-changed'
    | 'theme-changed';
  /**
   * How the activity was started.
   */
  trigger: {
    /**
     * The part of the user interface that it was started from.
     */
    surface:
      | 'keybinding'
      | 'main-menu'
      | 'context-menu'
      | 'palette'
      | 'toolbar'
      | 'cell-toolbar'
      | 'launcher'
      | 'file-browser'
      | 'tab-bar'
      | 'link'
      | 'notification'
      | 'dialog'
      | 'other-widget'
      | 'command'
      | 'programmatic';
    /**
     * What the user acted with; synthetic if a program made the gesture, none if there was none.
     */
    device: 'keyboard' | 'mouse' | 'touch' | 'pen' | 'synthetic' | 'none';
    /**
     * How surely the trigger is known.
     */
    certainty: 'exact' | 'direct' | 'incidental' | 'inferred' | 'unknown';
  };
  /**
   * The command that started it; only where the surface is command.
   */
  parent?: string;
  /**
   * Which kind of document it was about; any other is told as (other).
   */
  document?:
    | 'notebook'
    | 'console'
    | 'terminal'
    | 'text'
    | 'markdown'
    | 'csv'
    | 'json'
    | 'image'
    | 'html'
    | 'pdf'
    | 'launcher'
    | 'settings'
    | '(other)';
  /**
   * Which kind of cell it was; after the change, where its kind was changed.
   */
  cell?: 'code' | 'markdown' | 'raw';
  /**
   * Whether it worked; only where a cell was executed or a document saved.
   */
  outcome?: 'success' | 'failure';
  /**
   * Milliseconds from the start to the end of the execution of a cell; the time that it waited for others included.
   */
  duration_ms?: number;
  /**
   * The plugin whose setting was changed, if JupyterLab or Notebook ship it; any other is told as (other).
   */
  plugin?: string;
  /**
   * The theme that was chosen, if JupyterLab ships it; any other is told as (other).
   */
  theme?: string;
}

/** Id of the schema of {@link CommandV1}. */
export const COMMAND_V1 =
  'https://events.jupyter.org/jupyter_eventlog/command/v1';

/**
 * A command of JupyterLab or Notebook was executed: which one, how it was started, and how it ended. Never what it worked on.
 */
export interface CommandV1 {
  /**
   * Identifier of the command, if it is listed or its extension declares it; any other is told as (other).
   */
  command: string;
  /**
   * How the command was started.
   */
  trigger: {
    /**
     * The part of the user interface that it was started from.
     */
    surface:
      | 'keybinding'
      | 'main-menu'
      | 'context-menu'
      | 'palette'
      | 'toolbar'
      | 'cell-toolbar'
      | 'launcher'
      | 'file-browser'
      | 'tab-bar'
      | 'link'
      | 'notification'
      | 'dialog'
      | 'other-widget'
      | 'command'
      | 'programmatic';
    /**
     * What the user acted with; synthetic if a program made the gesture, none if there was none.
     */
    device: 'keyboard' | 'mouse' | 'touch' | 'pen' | 'synthetic' | 'none';
    /**
     * How surely the trigger is known.
     */
    certainty: 'exact' | 'direct' | 'incidental' | 'inferred' | 'unknown';
  };
  /**
   * The command that started this one; only where the surface is command.
   */
  parent?: string;
  /**
   * The key sequence, if it is a default one; any other is told as custom.
   */
  keys?: string;
  /**
   * Arguments that the command declares, reduced to what cannot hold personal data.
   *
   * @maxItems 32
   */
  args?: {
    /**
     * Name of an argument that the command declares.
     */
    name: string;
    /**
     * The value of an argument that is true or false.
     */
    flag?: boolean;
    /**
     * The value of an argument that is one of a fixed list.
     */
    choice?: string;
    /**
     * The argument was given; its value is not recorded.
     */
    present?: true;
  }[];
  /**
   * How many arguments were given that the command does not declare; never their names.
   */
  undeclared_args?: number;
  /**
   * How it ended; cancelled if the user dismissed its dialog, unsettled if the page was left before it ended.
   */
  outcome: 'success' | 'failure' | 'cancelled' | 'unsettled';
  /**
   * Name of the class of the error, if it is a well-known one; any other is told as (other). Only where the outcome is failure.
   */
  error_class?: string;
  /**
   * Milliseconds until the command settled; where it opened a dialog, until that was closed; where it did not settle, until the page was left.
   */
  duration_ms: number;
}

/** Id of the schema of {@link SessionV1}. */
export const SESSION_V1 =
  'https://events.jupyter.org/jupyter_eventlog/session/v1';

/**
 * A session of JupyterLab, Notebook or JupyterLite: one page, for at most four hours. Its start, its end, and between them summaries of what is counted only.
 */
export interface SessionV1 {
  /**
   * Whether the session began, goes on or ended.
   */
  phase: 'start' | 'summary' | 'end';
  /**
   * Which application it was; any other is told as (other).
   */
  application: 'JupyterLab' | 'Jupyter Notebook' | 'JupyterLite' | '(other)';
  /**
   * Version of the application.
   */
  application_version?: string;
  /**
   * Version of the software that recorded this.
   */
  eventlog_version: string;
  /**
   * Family of the operating system that the browser runs on.
   */
  platform?: 'linux' | 'macos' | 'windows' | 'android' | 'ios' | 'other';
  /**
   * Family of the browser.
   */
  browser?: 'chromium' | 'firefox' | 'safari' | 'other';
  /**
   * How many commands were counted only, such as cursor movements, since the summary before; told in summaries and at the end.
   */
  quiet_commands?: number;
}
