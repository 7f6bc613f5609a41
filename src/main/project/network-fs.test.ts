import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { fileSystemAt, refuseNetworkFs } from './network-fs.ts';

const MOUNTS = `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
31 22 0:40 / /home/ann/far rw,nosuid - fuse.sshfs ann@host:/ rw
32 22 8:17 / /media/stick rw - fuseblk /dev/sdb1 rw
33 22 0:51 / /mnt/with\\040space rw master:3 - nfs4 host:/x rw
`;

function probe(type: number) {
  return { statfsType: () => Promise.resolve(type), mounts: () => Promise.resolve(MOUNTS) };
}

describe('network file systems', () => {
  it.each([
    ['NFS', 0x6969],
    ['CIFS', 0xff534d42],
    ['CIFS as a signed number', 0xff534d42 | 0],
    ['9P', 0x01021997],
    ['Ceph', 0x00c36400],
  ])('are refused: %s', async (_, type) => {
    await expect(refuseNetworkFs('/any', probe(type))).rejects.toMatchObject({ code: 'PROJECT_ON_NETWORK_FS' });
  });

  it.each([
    ['ext4', 0xef53],
    ['btrfs', 0x9123683e],
    ['tmpfs', 0x01021994],
    ['overlay', 0x794c7630],
  ])('local ones are not: %s', async (_, type) => {
    await expect(refuseNetworkFs('/any', probe(type))).resolves.toBeUndefined();
  });

  it('FUSE is judged by its driver', async () => {
    await expect(refuseNetworkFs('/home/ann/far/project', probe(0x65735546))).rejects.toMatchObject({ message: expect.stringContaining('fuse.sshfs') as string });
    await expect(refuseNetworkFs('/media/stick/project', probe(0x65735546))).resolves.toBeUndefined();
  });

  it('the innermost mount counts', () => {
    expect(fileSystemAt('/home/ann/far/x', MOUNTS)).toBe('fuse.sshfs');
    expect(fileSystemAt('/home/ann/farther', MOUNTS)).toBe('ext4');
    expect(fileSystemAt('/mnt/with space/x', MOUNTS)).toBe('nfs4');
  });

  it('the temporary folder of this machine is fine', async () => {
    await expect(refuseNetworkFs(tmpdir())).resolves.toBeUndefined();
  });
});
