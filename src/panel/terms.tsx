// *Terms and history*: field by field what is recorded and sent, and what was chosen when.

import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import { basisText } from '../consent/basis';
import { PageLink } from '../consent/parts';
import { durationText, identityText, protectionText } from '../consent/words';
import type {
  IPurposeState,
  ISchemaTerms,
  ITelemetryState
} from '../pipeline/api';
import type { PanelModel } from './model';
import { History } from './history';
import { ScrollTable } from './scrollTable';

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
      <p className="jp-eventlog-Links">
        <PageLink url={model.manifest.api.privacyUrl()}>
          {trans.__('Privacy page')}
        </PageLink>
        {state.contact && <span>{trans.__('Contact: %1', state.contact)}</span>}
      </p>
      <History history={model.history} state={state} trans={trans} />
    </section>
  );
}

function PurposeTerms(
  props: ITermsProps & { purpose: IPurposeState }
): React.JSX.Element {
  const { purpose, model, trans } = props;
  const facts: readonly [string, string][] = [
    [trans.__('Controller'), purpose.controller],
    [trans.__('Legal basis'), basisText(purpose, trans)],
    [trans.__('Read by'), purpose.readers.join(', ')],
    [trans.__('Contact'), purpose.contact],
    [trans.__('Kept here'), durationText(purpose.retention, trans)],
    [
      trans.__('Times, where sent, are cut to'),
      durationText(purpose.time_resolution, trans)
    ],
    [trans.__('Identity'), identityText(purpose.identity, trans)],
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
