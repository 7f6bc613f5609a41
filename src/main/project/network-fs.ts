import { readFile, statfs } from 'node:fs/promises';
import { PenumbraError } from '#shared/errors.ts';

/** File systems of other machines by statfs type (Linux, include/uapi/linux/magic.h and the file systems' own headers). */
const NETWORK_TYPES: Readonly<Record<number, string>> = {
  0x6969: 'NFS',
  0x517b: 'SMB',
  0xff534d42: 'CIFS',
  0xfe534d42: 'SMB 2',
  0x01021997: '9P',
  0x5346414f: 'AFS',
  0x73757245: 'Coda',
  0x00c36400: 'Ceph',
  0x0bd00bd0: 'Lustre',
  0x47504653: 'GPFS',
  0x19830326: 'BeeGFS',
  0x7461636f: 'OCFS2',
  0x01161970: 'GFS2',
};
const FUSE = 0x65735546;
/** FUSE drivers of local disks; all others may well be on another machine. */
const LOCAL_FUSE = /^(fuseblk|fuse\.(ntfs|ntfs-3g|exfat|lowntfs-3g|encfs|gocryptfs|cryfs|mergerfs|bindfs|portal|fuse-overlayfs)|virtiofs)$/;

export interface FileSystemProbe {
  statfsType(dir: string): Promise<number>;
  mounts(): Promise<string>;
}

const linuxProbe: FileSystemProbe = {
  statfsType: async (dir) => (await statfs(dir)).type,
  mounts: () => readFile('/proc/self/mountinfo', 'utf8'),
};

/**
 * PROJECT_ON_NETWORK_FS when `dir` lies on a file system of another machine, where SQLite's WAL and file locks cannot be trusted.
 * Says nothing on platforms without these tables.
 */
export async function refuseNetworkFs(dir: string, probe: FileSystemProbe = linuxProbe): Promise<void> {
  if (process.platform !== 'linux') return;
  // Types above 2^31 come out negative where the kernel's field is signed.
  const type = (await probe.statfsType(dir)) >>> 0;
  const name = type === FUSE ? await remoteFuse(dir, probe) : NETWORK_TYPES[type];
  if (name === undefined) return;
  throw new PenumbraError('PROJECT_ON_NETWORK_FS', `The project folder ${dir} lies on a network file system (${name}), where its database could be damaged.`, {
    remedy: 'Put the project on a disk of this machine. The photos may stay where they are.',
    details: { project: dir, fileSystem: name },
  });
}

async function remoteFuse(dir: string, probe: FileSystemProbe): Promise<string | undefined> {
  const mounted = fileSystemAt(dir, await probe.mounts().catch(() => ''));
  return mounted === null || LOCAL_FUSE.test(mounted) ? undefined : mounted;
}

/** The type of the innermost mount that holds `dir`, from the text of mountinfo (proc(5)). */
export function fileSystemAt(dir: string, mountinfo: string): string | null {
  let best: { at: string; type: string } | null = null;
  for (const line of mountinfo.split('\n')) {
    const [left, right] = line.split(' - ');
    const at = left?.split(' ')[4]?.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
    const type = right?.split(' ')[0];
    if (at === undefined || type === undefined) continue;
    const holds = at === '/' || dir === at || dir.startsWith(`${at}/`);
    if (holds && (best === null || at.length >= best.at.length)) best = { at, type };
  }
  return best?.type ?? null;
}
