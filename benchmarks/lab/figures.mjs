// Figures from samples, and tables of them.

export function quantile(samples, share) {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

export const median = samples => quantile(samples, 0.5);

export const mean = samples =>
  samples.reduce((sum, value) => sum + value, 0) / samples.length;

/** Mean without the slowest hundredth: a collection of garbage in one sample would hide the rest. */
export function trimmedMean(samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  return mean(sorted.slice(0, Math.ceil(sorted.length * 0.99)));
}

/** A table in Markdown; the first column holds words, the others figures. */
export function table(head, rows) {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map(row => String(row[column]).length))
  );
  const line = cells =>
    `| ${cells
      .map((cell, column) =>
        column === 0
          ? String(cell).padEnd(widths[column])
          : String(cell).padStart(widths[column])
      )
      .join(' | ')} |`;
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`
  );
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}
