/** node:fs/promises under the name that Node 12 knows it by. */
import { promises } from 'node:fs';

export const { readFile, readdir, stat } = promises;
