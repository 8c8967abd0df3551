// A chunk of its own: an application need not have completions.

export { ICompletionProviderManager } from '@jupyterlab/completer';
