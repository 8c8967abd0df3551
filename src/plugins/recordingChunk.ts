// What comes first with the chunk of what records.

export { Log } from '../pipeline/log';
export { ServerTransport } from '../sinks/server';
export { Returning } from '../sinks/returning';
