// What runs in the page. Each function is sent there as text, so it may use nothing from this module.

/** Before anything else of the page: the first listener of each kind on the way of an event. */
export function beginFirst() {
  const bench = { began: 0, types: [] };
  globalThis.eventlogBench = bench;
  bench.types = [
    'pointermove',
    'pointerdown',
    'pointerup',
    'mousedown',
    'click',
    'keydown'
  ];
  for (const type of bench.types) {
    const begin = () => {
      bench.began = performance.now();
    };
    window.addEventListener(type, begin, { capture: true, passive: true });
  }
}

/**
 * Get ready: a command that does nothing under an id and with an argument that are told by name (Notebook has
 * it, JupyterLab has not), and a glass over the page, which takes clicks so that JupyterLab does nothing about them.
 */
export function prepare() {
  const bench = globalThis.eventlogBench;
  const { commands } = globalThis.jupyterapp;
  const id = 'jupyter-notebook:open-lab';
  commands.addCommand(id, { execute: () => undefined });

  const settledTurn = async () => {
    await commands.execute(id, { isPalette: true });
    // What follows a command in its own turn counts as well.
    for (let turn = 0; turn < 4; turn++) {
      await null;
    }
  };
  const pause = ms => new Promise(resolve => setTimeout(resolve, ms));

  /** Mean µs of a command in each batch: finer than the clock. */
  bench.batches = async ({ batches, size, pauseMs }) => {
    const found = [];
    for (let batch = 0; batch < batches; batch++) {
      await pause(pauseMs);
      const began = performance.now();
      for (let index = 0; index < size; index++) {
        await settledTurn();
      }
      found.push(((performance.now() - began) * 1000) / size);
    }
    return found;
  };

  /** µs of each single command, as coarse as the clock. */
  bench.singles = async ({ batches, size, pauseMs }) => {
    const found = [];
    for (let batch = 0; batch < batches; batch++) {
      await pause(pauseMs);
      for (let index = 0; index < size; index++) {
        const began = performance.now();
        await settledTurn();
        found.push((performance.now() - began) * 1000);
      }
    }
    return found;
  };

  /** Commands as people give them: each in a task of its own. */
  bench.burst = async ({ size, pauseMs }) => {
    for (let index = 0; index < size; index++) {
      await pause(pauseMs);
      await settledTurn();
    }
  };

  let count = 0;
  const bare = () => {
    count += 1;
  };
  bench.listen = () => commands.commandExecuted.connect(bare);
  bench.unlisten = () => commands.commandExecuted.disconnect(bare) && count;

  const glass = document.createElement('div');
  glass.style.cssText = 'position:fixed;inset:0;z-index:100000';
  glass.tabIndex = 0;
  document.body.append(glass);
  glass.focus();

  bench.clicked = [];
  glass.addEventListener('click', () => {
    if (bench.runsOnClick) {
      const began = performance.now();
      void settledTurn().then(() => {
        bench.clicked.push((performance.now() - began) * 1000);
      });
    }
  });

  /** The last listener of each kind: what lies between it and the first are the others in the same place. */
  bench.events = Object.fromEntries(bench.types.map(type => [type, []]));
  for (const type of bench.types) {
    const end = () => {
      const tookMs = performance.now() - bench.began;
      bench.events[type].push(tookMs * 1000);
    };
    window.addEventListener(type, end, { capture: true, passive: true });
  }

  bench.isHooked = () => Object.hasOwn(commands, 'execute');
}
