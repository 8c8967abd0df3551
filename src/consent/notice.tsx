// The notice: one quiet banner that asks once, in the words of experience.md.

import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import React, { useState } from 'react';

import '../../style/index.js';
import type { IPurposeState, ITelemetryState } from '../pipeline/api';
import type { IConsent, Mode } from '../tokens';
import type { IManifest } from './manifest';
import { durationText, notSavedText, recipients, sinksOf } from './words';

export interface INoticeOptions {
  readonly consent: IConsent;
  readonly manifest: IManifest;
  readonly state: ITelemetryState;
  readonly purpose: IPurposeState;
  readonly trans: TranslationBundle;
  /** Open the panel. */
  readonly openPanel: () => void;
}

/** The banner; disposing it leaves the question unanswered. */
export class Notice extends ReactWidget {
  constructor(private readonly _options: INoticeOptions) {
    super();
    this.addClass('jp-eventlog-Notice');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', _options.trans.__('Telemetry'));
    this.node.addEventListener('keydown', event => {
      if (event.key === 'Escape') {
        event.stopPropagation();
        this.dispose();
      }
    });
  }

  protected override render(): React.JSX.Element {
    return <Banner {...this._options} close={() => this.dispose()} />;
  }
}

type IShown = Pick<INoticeOptions, 'purpose' | 'state'>;

function Banner(
  props: INoticeOptions & { close: () => void }
): React.JSX.Element {
  const { consent, manifest, trans, close } = props;
  // Not what the manifest says by now: an answer is to what is on the screen.
  const [{ purpose, state }, setShown] = useState<IShown>(props);
  const [isExampleShown, setExampleShown] = useState(false);
  const [failure, setFailure] = useState('');
  const recipient = recipients(purpose, state);

  const answer = async (mode: Mode) => {
    setFailure('');
    try {
      await consent.setMode(purpose.name, mode, purpose.terms, 'notice');
      close();
    } catch (error) {
      const now = await manifest.load().catch(() => state);
      setShown({
        state: now,
        purpose:
          now.purposes.find(({ name }) => name === purpose.name) ?? purpose
      });
      setFailure(notSavedText(error, trans));
    }
  };

  return (
    <>
      <button
        type="button"
        className="jp-eventlog-Notice-close"
        aria-label={trans.__('Close')}
        title={trans.__('Close')}
        onClick={close}
      >
        ×
      </button>
      <div aria-live="polite">
        <p className="jp-eventlog-Notice-title">
          {trans.__(
            '%1 asks to see how JupyterLab is used.',
            purpose.controller || state.contact
          )}
        </p>
        <p>{noticeText(purpose, state, trans)}</p>
      </div>
      <p>
        <button
          type="button"
          className="jp-eventlog-Link"
          aria-expanded={isExampleShown}
          onClick={() => setExampleShown(!isExampleShown)}
        >
          {trans.__('See an example')}
        </button>
        {' · '}
        <button
          type="button"
          className="jp-eventlog-Link"
          onClick={() => {
            props.openPanel();
            close();
          }}
        >
          {trans.__('Details')}
        </button>
      </p>
      {isExampleShown && <Example purpose={purpose} trans={trans} />}
      <div className="jp-eventlog-Notice-buttons">
        {(
          [
            ['off', trans.__("Don't record")],
            ['local', trans.__('Only for me')],
            ['on', trans.__('Share with %1', recipient)]
          ] as const
        ).map(([mode, label]) => (
          <button
            key={mode}
            type="button"
            className="jp-eventlog-Button"
            onClick={() => void answer(mode)}
          >
            {label}
          </button>
        ))}
      </div>
      <p role="status">{failure}</p>
    </>
  );
}

/** What the notice says of one purpose; what the manifest does not tell is left out. */
export function noticeText(
  purpose: IPurposeState,
  state: ITelemetryState,
  trans: TranslationBundle
): string {
  const keeps = sinksOf(purpose, state).map(({ recipient, retention }) =>
    trans.__('%1 keeps it %2', recipient, durationText(retention, trans))
  );
  const kept = keeps.join('; ');
  const never = purpose.not_used_for.join(', ');
  return [
    ...(isOurs(purpose)
      ? [
          trans.__('Commands, how you started them, whether they worked.'),
          trans.__('No code, files or names.')
        ]
      : [`${purpose.schemas.map(({ title }) => title).join(', ')}.`]),
    never ? trans.__('%1; never for %2.', kept, never) : `${kept}.`,
    trans.__('Refusing changes nothing.')
  ].join(' ');
}

/** Whether a purpose has no events but those that our sentences describe. */
function isOurs(purpose: IPurposeState): boolean {
  return purpose.schemas.every(({ id }) =>
    /^https:\/\/events\.jupyter\.org\/jupyter_eventlog\/(command|session)\//.test(
      id
    )
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
