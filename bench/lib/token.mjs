import jwt from 'jsonwebtoken';

export const AUTH_SECRET = 'bench-auth-secret-of-more-than-thirty-two-characters';
export const ENV_SECRET = 'a'.repeat(64);

export const token = () =>
  jwt.sign(
    {
      id: 1,
      email: 'bench@example.com',
      firstName: 'Bench',
      lastName: 'User',
      team: 'Operations',
      role: 'admin',
      permissionLevel: 'admin',
      renderingId: 1,
      tags: {},
    },
    AUTH_SECRET,
    { expiresIn: '12h' },
  );
