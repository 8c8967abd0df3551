// What banners and panel have in common.

import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import type { IPurposeState } from '../pipeline/api';

/** Closes a banner. */
export function CloseButton(props: {
  trans: TranslationBundle;
  close: () => void;
}): React.JSX.Element {
  const label = props.trans.__('Close');
  return (
    <button
      type="button"
      className="jp-eventlog-Notice-close"
      aria-label={label}
      title={label}
      onClick={props.close}
    >
      ×
    </button>
  );
}

/** Buttons of the same size and look: no answer is more welcome than another. */
export function EqualButtons(props: {
  answers: readonly (readonly [label: string, answer: () => void])[];
  isBusy?: boolean;
}): React.JSX.Element {
  return (
    <div className="jp-eventlog-Notice-buttons">
      {props.answers.map(([label, answer]) => (
        <button
          key={label}
          type="button"
          className="jp-eventlog-Button"
          // Not disabled: that would take the focus from whoever has to answer once more.
          aria-disabled={props.isBusy}
          onClick={props.isBusy ? undefined : answer}
        >
          {label}
        </button>
      ))}
    </div>
  );
}

/** A page in a tab of its own; nothing where nobody serves it. */
export function PageLink(props: {
  url: string | null;
  children: React.ReactNode;
}): React.JSX.Element | null {
  return props.url === null ? null : (
    <a href={props.url} target="_blank" rel="noopener noreferrer">
      {props.children}
    </a>
  );
}

/** A schema's example behind this deployment's protection. */
export function Example(props: {
  purpose: IPurposeState;
  trans: TranslationBundle;
}): React.JSX.Element {
  const { purpose, trans } = props;
  const example = purpose.schemas.find(schema => schema.example_sent);
  return (
    <figure className="jp-eventlog-Example">
      <figcaption>{trans.__('Example, not yours')}</figcaption>
      <pre tabIndex={0}>
        {JSON.stringify(example?.example_sent ?? null, null, 2)}
      </pre>
    </figure>
  );
}

/** "See an example · Details · Privacy page", and the example once it was asked for. */
export function More(props: {
  purpose: IPurposeState;
  trans: TranslationBundle;
  privacyUrl: string | null;
  openPanel: () => void;
}): React.JSX.Element {
  const { purpose, trans, privacyUrl, openPanel } = props;
  const [isShown, setShown] = React.useState(false);
  const hasExample = purpose.schemas.some(schema => schema.example_sent);
  return (
    <>
      <p className="jp-eventlog-Links">
        {hasExample && (
          <button
            type="button"
            className="jp-eventlog-Link"
            aria-expanded={isShown}
            onClick={() => setShown(!isShown)}
          >
            {trans.__('See an example')}
          </button>
        )}
        <button type="button" className="jp-eventlog-Link" onClick={openPanel}>
          {trans.__('Details')}
        </button>
        <PageLink url={privacyUrl}>{trans.__('Privacy page')}</PageLink>
      </p>
      {isShown && <Example purpose={purpose} trans={trans} />}
    </>
  );
}
