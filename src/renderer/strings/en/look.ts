export const look = {
  title: 'Look',
} as const;
