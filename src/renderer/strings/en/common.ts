export const common = {
  close: 'Close',
  cancel: 'Cancel',
  save: 'Save',
  tryAgain: 'Try again',
  copyDetails: 'Copy details',
  copied: 'Copied',
  loading: 'Loading …',
  left: (time: string) => `${time} left`,
  images: (count: number) => (count === 1 ? '1 image' : `${count} images`),
  readOnly: 'read-only',
  peeked: 'chosen with ground truth',
} as const;
