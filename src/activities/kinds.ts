// Which kind of document something is. The path is looked at here, and goes no further.

import type {
  DocumentRegistry,
  IDocumentWidget
} from '@jupyterlab/docregistry';
import type { Widget } from '@lumino/widgets';

import type { ActivityV1 } from '../schemas';

export type DocumentKind = NonNullable<ActivityV1['document']>;

/** What JupyterLab gives to those that are no documents of a file. */
const VIEWS: readonly (readonly [string, DocumentKind])[] = [
  ['.jp-ConsolePanel', 'console'],
  ['.jp-Terminal', 'terminal'],
  ['.jp-Launcher', 'launcher'],
  ['#setting-editor, #json-setting-editor', 'settings'],
  ['.jp-SettingsPanel, .jp-SettingEditor', 'settings']
];

const MIME_TYPES: ReadonlyMap<string, DocumentKind> = new Map([
  ['text/markdown', 'markdown'],
  ['text/x-markdown', 'markdown'],
  ['text/csv', 'csv'],
  ['text/tab-separated-values', 'csv'],
  ['application/json', 'json'],
  ['text/html', 'html'],
  ['application/pdf', 'pdf']
]);

export function kindOf(
  widget: Widget,
  registry: DocumentRegistry
): DocumentKind {
  return isDocument(widget)
    ? kindOfPath(widget.context.path, registry)
    : kindOfView(widget.node);
}

export function isDocument(widget: Widget): widget is IDocumentWidget {
  const { context } = widget as { readonly context?: { path?: unknown } };
  return typeof context?.path === 'string';
}

export function kindOfPath(
  path: string,
  registry: DocumentRegistry
): DocumentKind {
  const [type] = registry.getFileTypesForPath(path);
  // JupyterLab takes a file of no known type for a text.
  return type ? kindOfType(type) : 'text';
}

function kindOfType(type: Partial<DocumentRegistry.IFileType>): DocumentKind {
  if (type.contentType === 'notebook') {
    return 'notebook';
  }
  const mimeTypes = type.mimeTypes ?? [];
  const kind = mimeTypes.map(name => MIME_TYPES.get(name)).find(Boolean);
  if (kind) {
    return kind;
  }
  if (mimeTypes.some(name => name.startsWith('image/'))) {
    return 'image';
  }
  return type.fileFormat === 'text' ? 'text' : '(other)';
}

function kindOfView(node: HTMLElement): DocumentKind {
  const found = VIEWS.find(
    ([selector]) => node.matches(selector) || node.querySelector(selector)
  );
  return found?.[1] ?? '(other)';
}
