// *Terms and history*: field by field what is recorded and sent, and what was chosen when.

import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import { durationText, modeName, protectionText } from '../consent/words';
import type {
  IConsentEntry,
  IPurposeState,
  ISchemaTerms,
  ITelemetryState
} from '../pipeline/api';
import type { PanelModel } from './model';
import { ScrollTable } from './scrollTable';
import { timeText } from './words';

interface ITermsProps {
  readonly model: PanelModel;
  readonly state: ITelemetryState;
  readonly trans: TranslationBundle;
}

export function Terms(props: ITermsProps): React.JSX.Element {
  const { model, state, trans } = props;
  return (
    <section aria-labelledby="jp-eventlog-terms">
      <h2 id="jp-eventlog-terms">{trans.__('Terms and history')}</h2>
      {state.purposes.map(purpose => (
        <PurposeTerms key={purpose.name} {...props} purpose={purpose} />
      ))}
      {state.contact && (
        <p>
          {trans.__('Contact:')} {state.contact}
        </p>
      )}
      <History history={model.history} state={state} trans={trans} />
    </section>
  );
}

function PurposeTerms(
  props: ITermsProps & { purpose: IPurposeState }
): React.JSX.Element {
  const { purpose, model, trans } = props;
  const identities: Record<string, string> = {
    none: trans.__('no name or id of you is sent'),
    pseudonym: trans.__('a pseudonym of you is sent; that is not anonymous'),
    user: trans.__('your user name is sent')
  };
  const facts: readonly [string, string][] = [
    [trans.__('Controller'), purpose.controller],
    [trans.__('Legal basis'), purpose.legal_basis],
    [trans.__('Kept here'), durationText(purpose.retention, trans)],
    [
      trans.__('Times, where sent, are cut to'),
      durationText(purpose.time_resolution, trans)
    ],
    [trans.__('Identity'), identities[purpose.identity] ?? purpose.identity],
    [trans.__('Never used for'), purpose.not_used_for.join(', ')]
  ];
  return (
    <>
      <h3>{purpose.title}</h3>
      <dl className="jp-eventlog-Facts">
        {facts
          .filter(([, fact]) => fact !== '')
          .map(([name, fact]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{fact}</dd>
            </div>
          ))}
      </dl>
      {purpose.schemas.map(schema => (
        <SchemaTerms
          key={schema.id}
          schema={schema}
          url={model.manifest.api.schemaUrl(schema.id)}
          trans={trans}
        />
      ))}
    </>
  );
}

function SchemaTerms(props: {
  schema: ISchemaTerms;
  url: string | null;
  trans: TranslationBundle;
}): React.JSX.Element {
  const { schema, url, trans } = props;
  return (
    <details className="jp-eventlog-Schema">
      <summary>
        <strong>{schema.title}</strong> {schema.description}
      </summary>
      <ScrollTable label={schema.title}>
        <caption>
          {url === null ? (
            schema.id
          ) : (
            <a href={url} target="_blank" rel="noopener noreferrer">
              {schema.id}
            </a>
          )}
        </caption>
        <thead>
          <tr>
            <th scope="col">{trans.__('Field')}</th>
            <th scope="col">{trans.__('Example')}</th>
            <th scope="col">{trans.__('Protection')}</th>
            <th scope="col">{trans.__('Why')}</th>
          </tr>
        </thead>
        <tbody>
          {schema.fields.map(field => (
            <tr key={field.pointer}>
              <th scope="row" className="jp-eventlog-mod-code">
                {field.pointer}
              </th>
              <td className="jp-eventlog-mod-code">
                {field.example === undefined || field.example === null
                  ? '–'
                  : JSON.stringify(field.example)}
              </td>
              <td>{protectionText(field.protection, trans)}</td>
              <td>{field.description || field.title}</td>
            </tr>
          ))}
        </tbody>
      </ScrollTable>
    </details>
  );
}

function History(props: {
  history: readonly IConsentEntry[];
  state: ITelemetryState;
  trans: TranslationBundle;
}): React.JSX.Element {
  const { history, state, trans } = props;
  if (history.length === 0) {
    return (
      <p className="jp-eventlog-Empty">
        {trans.__('My choices: none so far.')}
      </p>
    );
  }
  const titles = new Map(
    state.purposes.map(({ name, title }) => [name, title])
  );
  return (
    <ScrollTable label={trans.__('My choices over time')}>
      <caption>{trans.__('My choices over time')}</caption>
      <thead>
        <tr>
          <th scope="col">{trans.__('Time')}</th>
          <th scope="col">{trans.__('Purpose')}</th>
          <th scope="col">{trans.__('Choice')}</th>
          <th scope="col">{trans.__('Through')}</th>
          <th scope="col">{trans.__('Terms')}</th>
        </tr>
      </thead>
      <tbody>
        {history.map(({ at, purpose, mode, control, terms }) => (
          <tr key={`${at} ${purpose} ${mode}`}>
            <td>{timeText(at)}</td>
            <td>{titles.get(purpose) ?? purpose}</td>
            <td>{modeName(mode, trans)}</td>
            <td>{controlText(control, trans)}</td>
            <td className="jp-eventlog-mod-code" title={terms}>
              {terms.replace(/^sha256:/, '').slice(0, 12) || '–'}
            </td>
          </tr>
        ))}
      </tbody>
    </ScrollTable>
  );
}

function controlText(control: string, trans: TranslationBundle): string {
  const words: Record<string, string> = {
    panel: trans.__('this panel'),
    settings: trans.__('settings page'),
    notice: trans.__('notice'),
    api: trans.__('API')
  };
  return words[control] ?? control;
}
