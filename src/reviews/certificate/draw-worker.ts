import { parentPort, workerData } from 'node:worker_threads';
import { drawPdf } from './certificate-pdf.ts';
import type { DrawTask } from './draw-apart.ts';

/** The thread that draws one PDF: see draw-apart.ts. */
const { parts, head } = workerData as DrawTask;
parentPort?.postMessage(await drawPdf(parts, head));
