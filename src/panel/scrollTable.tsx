// A table that may be wider than the panel: it scrolls by itself, by keyboard too.

import React from 'react';

export function ScrollTable(props: {
  /** Names the part that scrolls. */
  label: string;
  children: React.ReactNode;
}): React.JSX.Element {
  return (
    <div
      className="jp-eventlog-Scroll"
      tabIndex={0}
      role="group"
      aria-label={props.label}
    >
      <table className="jp-eventlog-Table">{props.children}</table>
    </div>
  );
}
