// On what a purpose stands, in words: law, readers, contact.

import type { TranslationBundle } from '@jupyterlab/translation';

import type { IPurposeState } from '../pipeline/api';
import { codeText } from './names';

type IBasis = Pick<IPurposeState, 'legal_basis' | 'legal_basis_reference'>;

/** The legal basis, Art. 6(1) GDPR, and where exactly it is written: "public task (University Act § 12)". */
export function basisText(
  { legal_basis: basis, legal_basis_reference: reference }: IBasis,
  trans: TranslationBundle
): string {
  const names: Record<string, string> = {
    consent: trans.__('consent'),
    contract: trans.__('contract'),
    'legal-obligation': trans.__('legal obligation'),
    'legitimate-interest': trans.__('legitimate interest'),
    'public-task': trans.__('public task'),
    'vital-interest': trans.__('vital interest')
  };
  const name = names[basis] ?? codeText(basis);
  return reference ? trans.__('%1 (%2)', name, reference) : name;
}

/** What a purpose records, by the titles of its schemas. */
export function whatText({ schemas }: IPurposeState): string {
  return schemas.map(({ title }) => title).join(', ');
}

/** Sentences about who is behind a purpose; what the manifest does not tell is left out. */
export function standingText(
  purpose: IPurposeState,
  trans: TranslationBundle
): string {
  const { readers, contact } = purpose;
  return [
    trans.__('Legal basis: %1.', basisText(purpose, trans)),
    ...(readers.length > 0
      ? [trans.__('Read by: %1.', readers.join(', '))]
      : []),
    ...(contact ? [trans.__('Contact: %1.', contact)] : [])
  ].join(' ');
}
