package acme.market;

/** The failure of a stream that {@link Market#firstCents} leaves behind. */
final class Texts {

  private Texts() {}

  /** Takes out what differs from run to run: times, lines, and the events of two threads. */
  static String stable(Throwable leak) {
    return String.valueOf(leak.getMessage())
        .replaceAll("open \\d+\\.\\d\\d s", "open N s")
        .replaceAll("\\n +\\+\\d+\\.\\d+ m?s  .*", "")
        .replaceAll("java:\\d+", "java:N");
  }

  static String leak(String caller, String framework) {
    return """
        1 gRPC client stream leaked, still open N s after the check began:

        1. market.Market/Watch (SERVER_STREAMING, blocking iterator)
           opened at : acme.market.Market.firstCents(Market.java:N)
           called by : acme.market.%s
           attempt   : 1, picked market of %s
           state     : half-closed, 1 outbound message, 2 inbound messages of 2 requested, no terminal status
           events    : ...
           cause     : NOT_DRAINED: messages or the terminal status wait, and the client has stopped asking
           owed by   : the client: read on to the terminal status, or cancel
           to fix    : <your iterator>.forEachRemaining(message -> {});  // at the end: reads to the end
                       Context.CancellableContext context = Context.current().withCancellation();  // or before the call: stops
                       Context caller = context.attach();  // before the call
                       context.detachAndCancel(caller, null);  // in finally
                       import io.grpc.Context;  // with the imports
                       // in full: docs/fixing-leaks.md#stop-with-a-context

        To allow a stream on purpose: policy.allow(StreamAllowance.of("market.Market/Watch", "the reason"))"""
        .formatted(caller, framework);
  }
}
