// The banner for each kind of question; a chunk of its own, so that nobody fetches what is not shown.

import type { Banner, IBannerOptions } from './banner';
import { ChangedTermsBanner } from './changedTerms';
import { Notice } from './notice';
import { ObjectionNotice } from './objection';

/** Make a banner; where and when it is shown is for the caller to say. */
export function bannerFor(
  kind: 'changed' | 'unanswered' | 'notice',
  options: IBannerOptions
): Banner {
  const types = {
    changed: ChangedTermsBanner,
    unanswered: Notice,
    notice: ObjectionNotice
  };
  const banner = new types[kind](options);
  banner.id = 'jupyter-eventlog-notice';
  return banner;
}
