// Only jest reads this: JupyterLab publishes ES modules, jest runs CommonJS.
module.exports = require('@jupyterlab/testutils/lib/babel.config');
