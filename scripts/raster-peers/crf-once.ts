/** As crf.py, once, for its memory: `node crf-once.ts IMAGE.u8 SCORES.f32 WIDTH HEIGHT LABELS`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { CRF_ROWS } from '#shared/raster/crf/crf-rows.ts';
import { denseCrf } from '#shared/raster/crf/dense-crf.ts';
import { unaryFromScores } from '#shared/raster/crf/unary.ts';
import { wholeImage } from '#shared/raster/image-region.ts';
import { statusBytes } from './status-bytes.ts';

// The peak begins anew.
writeFileSync('/proc/self/clear_refs', '5');
const imported = statusBytes('VmRSS');
const [, , imageFile = '', scoresFile = '', ...sizes] = process.argv;
const [width = 0, height = 0, count = 0] = sizes.map(Number);
const scores = readFileSync(scoresFile);
const unary = unaryFromScores({ count, width, height, data: new Float32Array(scores.buffer, scores.byteOffset, scores.length / 4) });
denseCrf(wholeImage({ width, height, data: readFileSync(imageFile) }), unary, CRF_ROWS.psa);
console.log(JSON.stringify({ bytes: statusBytes('VmHWM') - imported }));
