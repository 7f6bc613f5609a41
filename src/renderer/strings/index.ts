import { common } from './en/common.ts';
import { data } from './en/data.ts';
import { fix } from './en/fix.ts';
import { frame } from './en/frame.ts';
import { look } from './en/look.ts';
import { out } from './en/out.ts';
import { runs } from './en/runs.ts';
import { score } from './en/score.ts';
import { start } from './en/start.ts';
import { tour } from './en/tour.ts';
import { trouble } from './en/trouble.ts';

/** Every word of the window, one file a place. Texts with values in them are functions. */
export const strings = { common, frame, start, data, look, fix, runs, score, out, tour, trouble } as const;
