/** Exit codes of every command; `penumbra --help` lists them. */
export const EXIT_OK = 0;
export const EXIT_ERROR = 1;
export const EXIT_USAGE = 2;
/** Ended by Ctrl-C or a signal, or the run was cancelled from elsewhere. */
export const EXIT_CANCELLED = 130;
/** The reader of the output closed it: 128 + SIGPIPE, as shells have it. */
export const EXIT_BROKEN_PIPE = 141;
