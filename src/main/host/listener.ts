import type { CallTable } from '../api/call-table.ts';
import type { HttpListener } from '../server/api-listener.ts';
import { answerCall, refuseRequest } from '../server/call-request.ts';
import { forwardToSocket } from '../server/proxy.ts';
import { requireCore, unknownAddress } from './addresses.ts';
import type { Host } from './host.ts';

/** A host over HTTP: its own calls at /host/call/NAME, and the core's API, forwarded, at /api/. */
export function hostListener(host: Host, calls: CallTable): HttpListener {
  return (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://host');
    const name = /^\/host\/call\/([\w.]+)$/.exec(pathname)?.[1];
    try {
      if (name !== undefined) {
        answerCall(calls, request, response, name).catch((thrown: unknown) => refuseRequest(request, response, thrown));
        return;
      }
      if (!pathname.startsWith('/api/')) throw unknownAddress(pathname);
      const { socketPath, released } = requireCore(host);
      forwardToSocket(socketPath, request, response, pathname === '/api/events' ? { until: released } : {});
    } catch (thrown) {
      refuseRequest(request, response, thrown);
    }
  };
}
