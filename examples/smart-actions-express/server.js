const app = require('./app');

const port = Number(process.env.APPLICATION_PORT ?? 3000);

app.ready.then(
  () => {
    const server = app.listen(port, '127.0.0.1', () => console.log(`Your application is at http://127.0.0.1:${port}`));
    for (const signal of ['SIGINT', 'SIGTERM']) {
      process.once(signal, () => {
        server.close(() => process.exit(0));
        server.closeAllConnections();
      });
    }
  },
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
