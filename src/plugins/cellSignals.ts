// A chunk of its own: an application need not have notebooks.

export { NotebookActions } from '@jupyterlab/notebook';
