package io.github.streamleak.conformance.reactive

import acme.market.Command
import acme.market.MarketGrpcKt.MarketCoroutineStub
import io.github.streamleak.conformance.reactive.Expected.cancelledOrTerminal
import io.github.streamleak.conformance.reactive.Expected.leaked
import io.github.streamleak.conformance.reactive.Expected.noStream
import io.github.streamleak.conformance.reactive.Expected.released
import io.github.streamleak.conformance.reactive.MarketServer.command
import io.github.streamleak.stream.LeakCause.NOT_DRAINED
import io.github.streamleak.stream.LeakCause.NOT_HALF_CLOSED
import io.github.streamleak.stream.LeakCause.NOT_PICKED
import io.github.streamleak.stream.LeakCause.SERVER_NOT_FINISHED
import io.github.streamleak.stream.StreamRelease.CANCELLED
import io.github.streamleak.stream.StreamRelease.DEADLINE
import io.github.streamleak.stream.StreamRelease.TERMINAL_STATUS
import io.github.streamleak.stream.StubKind
import io.grpc.Channel
import io.grpc.Context
import io.grpc.MethodDescriptor.MethodType
import io.grpc.Status
import io.grpc.StatusException
import io.grpc.kotlin.GrpcContextElement
import java.util.concurrent.TimeUnit.MILLISECONDS
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineExceptionHandler
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancel
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel.Factory.RENDEZVOUS
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.catch
import kotlinx.coroutines.flow.collect
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.firstOrNull
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.flow.launchIn
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.produceIn
import kotlinx.coroutines.flow.shareIn
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.takeWhile
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.flow.zip
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.withTimeoutOrNull

/** Every ending of a call through a coroutine stub of grpc-kotlin. */
internal class CoroutineGridTest : Grid<MarketCoroutineStub>(StubKind.KOTLIN, "grpc-kotlin") {

  override fun stub(channel: Channel) = MarketCoroutineStub(channel)

  public override fun groups(): List<Group<MarketCoroutineStub>> =
    listOf(
      Group("One answer", MethodType.UNARY, unary()),
      Group("Collected", MethodType.SERVER_STREAMING, collected()),
      Group("Stopped early", MethodType.SERVER_STREAMING, endedEarly()),
      Group("Left behind", MethodType.SERVER_STREAMING, leftBehind()),
      Group("Server fails or says nothing", MethodType.SERVER_STREAMING, failed()),
      Group("Uploads", MethodType.CLIENT_STREAMING, uploads()),
      Group("Both directions", MethodType.BIDI_STREAMING, subscriptions()),
      Group("No server", MethodType.SERVER_STREAMING, noServer()),
    )

  private fun cell(
    name: String,
    expected: Expected,
    program: suspend (MarketCoroutineStub, Run) -> Unit,
  ) = Cell<MarketCoroutineStub>(name, expected) { stub, run -> runBlocking { program(stub, run) } }

  /** A scope that the program does not cancel; the cell does once it has been judged. */
  private fun forgottenScope(run: Run): CoroutineScope {
    // What ends the stream in the end is no failure of the test.
    val scope = CoroutineScope(Job() + Dispatchers.Default + CoroutineExceptionHandler { _, _ -> })
    run.after { scope.cancel() }
    return scope
  }

  private fun unary() =
    listOf(
      cell("handler throws", released(TERMINAL_STATUS)) { stub, _ ->
        expectStatus(Status.Code.UNKNOWN) { stub.quote(command("0throw")) }
      },
      cell("never answered, scope cancelled", released(CANCELLED)) { stub, run ->
        val scope = forgottenScope(run)
        scope.launch { stub.quote(command("0+")) }
        run.awaitHalfClosed()
        scope.cancel()
      },
      cell("answered", released(TERMINAL_STATUS)) { stub, _ -> stub.quote(command("1")) },
      cell("never answered, job left", leaked(SERVER_NOT_FINISHED)) { stub, run ->
        forgottenScope(run).launch { stub.quote(command("0+")) }
        run.awaitHalfClosed()
      },
      cell("never answered, job cancelled", released(CANCELLED)) { stub, run ->
        val job = forgottenScope(run).launch { stub.quote(command("0+")) }
        run.awaitHalfClosed()
        job.cancelAndJoin()
      },
      cell("never answered, async left", leaked(SERVER_NOT_FINISHED)) { stub, run ->
        forgottenScope(run).async { stub.quote(command("0+")) }
        run.awaitHalfClosed()
      },
      cell("never answered, withTimeout", released(CANCELLED)) { stub, _ ->
        expect<TimeoutCancellationException> { withTimeout(50) { stub.quote(command("0+")) } }
      },
      cell("never answered, Context cancelled", released(CANCELLED)) { stub, run ->
        val context = Context.current().withCancellation()
        forgottenScope(run).launch(GrpcContextElement(context)) { stub.quote(command("0+")) }
        run.awaitHalfClosed()
        context.cancel(null)
      },
      cell("never answered, deadline", released(DEADLINE)) { stub, _ ->
        expectStatus(Status.Code.DEADLINE_EXCEEDED) {
          stub.withDeadlineAfter(50, MILLISECONDS).quote(command("0+"))
        }
      },
      cell("server error", released(TERMINAL_STATUS)) { stub, _ ->
        expectStatus(Status.Code.INTERNAL) { stub.quote(command("0!INTERNAL")) }
      },
    )

  private fun collected() =
    listOf(
      cell("collected to the end, 5 of 5", released(TERMINAL_STATUS)) { stub, _ ->
        check(stub.watch(command("5")).toList().size == 5)
      },
      cell("collected to the end, none", released(TERMINAL_STATUS)) { stub, _ ->
        check(stub.watch(command("0")).toList().isEmpty())
      },
      // Flow.map is inline: its collector is a class of the user's in a file of the library.
      cell("collected through map", released(TERMINAL_STATUS)) { stub, _ ->
        check(stub.watch(command("5")).map { it.text }.toList().size == 5)
      },
      cell("collected through buffer", released(TERMINAL_STATUS)) { stub, _ ->
        check(stub.watch(command("5")).buffer(2).toList().size == 5)
      },
      cell("collected through flowOn", released(TERMINAL_STATUS)) { stub, _ ->
          check(stub.watch(command("5")).flowOn(Dispatchers.IO).toList().size == 5)
        }
        .startedOnAnotherStack(),
      cell("collected by launchIn, joined", released(TERMINAL_STATUS)) { stub, _ ->
        coroutineScope { stub.watch(command("5")).onEach {}.launchIn(this).join() }
      },
      cell("produced into a channel that is read to the end", released(TERMINAL_STATUS)) { stub, _ ->
        coroutineScope { for (price in stub.watch(command("5")).produceIn(this)) price.text }
      },
      cell("flow never collected", noStream()) { stub, _ ->
        stub.watch(command("5"))
        stub.watch(command("5")).map { it.text }.take(1)
        stub.subscribe(flowOf(command("5")))
      },
    )

  private fun endedEarly() =
    listOf(
      cell("first() of 5, server finished", released(CANCELLED)) { stub, _ ->
        stub.watch(command("5")).first()
      },
      cell("first() of 5, server open", released(CANCELLED)) { stub, _ ->
        stub.watch(command("5+")).first()
      },
      cell("first() of 1, server finished", cancelledOrTerminal()) { stub, _ ->
        stub.watch(command("1")).first()
      },
      cell("firstOrNull() of 0", released(TERMINAL_STATUS)) { stub, _ ->
        check(stub.watch(command("0")).firstOrNull() == null)
      },
      cell("first { } that none meets", released(TERMINAL_STATUS)) { stub, _ ->
        expect<NoSuchElementException> { stub.watch(command("5")).first { it.text == "none" } }
      },
      cell("take(1) of 5, server finished", released(CANCELLED)) { stub, _ ->
        check(stub.watch(command("5")).take(1).toList().size == 1)
      },
      cell("take(1) of 5, server open", released(CANCELLED)) { stub, _ ->
        check(stub.watch(command("5+")).take(1).toList().size == 1)
      },
      cell("take(5) of 5, server open", released(CANCELLED)) { stub, _ ->
        check(stub.watch(command("5+")).take(5).toList().size == 5)
      },
      cell("take(5) of 5, server finished", cancelledOrTerminal()) { stub, _ ->
        check(stub.watch(command("5")).take(5).toList().size == 5)
      },
      cell("takeWhile, server open", released(CANCELLED)) { stub, _ ->
        check(stub.watch(command("5+")).takeWhile { it.text != "price 2" }.toList().size == 2)
      },
      cell("zip with a shorter flow, server open", released(CANCELLED)) { stub, _ ->
        check(stub.watch(command("5+")).zip(flowOf(1, 2)) { _, i -> i }.toList().size == 2)
      },
      cell("withTimeout, server open", released(CANCELLED)) { stub, _ ->
        expect<TimeoutCancellationException> {
          withTimeout(50) { stub.watch(command("2+")).collect {} }
        }
      },
      cell("withTimeoutOrNull, collector stuck, server finished", released(CANCELLED)) { stub, _ ->
        check(
          withTimeoutOrNull(50) { stub.watch(command("5")).collect { awaitCancellation() } } == null
        )
      },
      cell("exception in the collector", released(CANCELLED)) { stub, _ ->
        expect<IllegalStateException> { stub.watch(command("5+")).collect { error("no more") } }
      },
      cell("exception in map, caught", released(CANCELLED)) { stub, _ ->
        stub.watch(command("5+")).map { error("no more") }.catch {}.collect()
      },
      cell("sibling fails in a coroutineScope", released(CANCELLED)) { stub, run ->
        expect<IllegalStateException> {
          coroutineScope {
            launch(Dispatchers.Default) { stub.watch(command("2+")).collect() }
            run.awaitReceived(2)
            error("sibling")
          }
        }
      },
    )

  private fun leftBehind() =
    listOf(
      cell("collector in a forgotten scope, server open", leaked(SERVER_NOT_FINISHED)) { stub, run ->
        forgottenScope(run).launch { stub.watch(command("2+")).collect() }
        run.awaitHalfClosed()
        run.awaitDemandAfter(2)
      },
      cell("scope cancelled in the middle, server open", released(CANCELLED)) { stub, run ->
        val scope = forgottenScope(run)
        scope.launch { stub.watch(command("2+")).collect() }
        run.awaitHalfClosed()
        run.awaitDemandAfter(2)
        scope.cancel()
      },
      cell("collector stuck, server finished", leaked(NOT_DRAINED)) { stub, run ->
        val never = CompletableDeferred<Unit>()
        forgottenScope(run).launch { stub.watch(command("5")).collect { never.await() } }
        run.awaitServerClosedAndDemandMet()
      },
      cell("collector stuck, server finished, job cancelled", released(CANCELLED)) { stub, run ->
        val never = CompletableDeferred<Unit>()
        val job = forgottenScope(run).launch { stub.watch(command("5")).collect { never.await() } }
        run.awaitServerClosedAndDemandMet()
        job.cancelAndJoin()
      },
      cell("Context cancelled in the middle, server open", released(CANCELLED)) { stub, run ->
        val context = Context.current().withCancellation()
        forgottenScope(run).launch(GrpcContextElement(context)) {
          stub.watch(command("2+")).collect()
        }
        run.awaitHalfClosed()
        run.awaitDemandAfter(2)
        context.cancel(null)
      },
      cell("collector stuck, server finished, Context cancelled", released(CANCELLED)) { stub, run ->
        val context = Context.current().withCancellation()
        forgottenScope(run).launch(GrpcContextElement(context)) {
          stub.watch(command("5")).collect { awaitCancellation() }
        }
        run.awaitServerClosedAndDemandMet()
        context.cancel(null)
      },
      cell("collector stuck, server finished, deadline", released(DEADLINE)) { stub, run ->
        val never = CompletableDeferred<Unit>()
        val limited = stub.withDeadlineAfter(300, MILLISECONDS)
        forgottenScope(run).launch { limited.watch(command("5")).collect { never.await() } }
        run.awaitStarted()
      },
      cell("channel of no room, one received and left", leaked(NOT_DRAINED)) { stub, run ->
        val prices = stub.watch(command("5")).buffer(RENDEZVOUS).produceIn(forgottenScope(run))
        prices.receive()
        run.awaitServerClosedAndDemandMet()
      }.startedOnAnotherStack(),
      cell("channel of no room, one received, cancelled", released(CANCELLED)) { stub, run ->
        val prices = stub.watch(command("5")).buffer(RENDEZVOUS).produceIn(forgottenScope(run))
        prices.receive()
        prices.cancel()
      }.startedOnAnotherStack(),
      // The channel has room for all five: the stub reads on to the terminal status.
      cell("channel with room, one received and left", released(TERMINAL_STATUS)) { stub, run ->
        stub.watch(command("5")).produceIn(forgottenScope(run)).receive()
      }.startedOnAnotherStack(),
      cell("shareIn Eagerly, one taken, server open", leaked(SERVER_NOT_FINISHED)) { stub, run ->
        stub
          .watch(command("2+"))
          .shareIn(forgottenScope(run), SharingStarted.Eagerly, replay = 1)
          .first()
        run.awaitHalfClosed()
        run.awaitDemandAfter(2)
      }.startedOnAnotherStack(),
      cell("shareIn WhileSubscribed, one taken, server open", released(CANCELLED)) { stub, run ->
        stub
          .watch(command("2+"))
          .shareIn(forgottenScope(run), SharingStarted.WhileSubscribed(), replay = 1)
          .first()
      }.startedOnAnotherStack(),
    )

  private fun failed() =
    listOf(
      cell("handler throws between messages", released(TERMINAL_STATUS)) { stub, _ ->
        expectStatus(Status.Code.UNKNOWN) { stub.watch(command("2throw")).collect() }
      },
      cell("server says nothing, job left", leaked(SERVER_NOT_FINISHED)) { stub, run ->
        forgottenScope(run).launch { stub.watch(command("silent")).collect() }
        run.awaitHalfClosed()
        run.awaitDemandAfter(0)
      },
      cell("server says nothing, job cancelled", released(CANCELLED)) { stub, run ->
        val job = forgottenScope(run).launch { stub.watch(command("silent")).collect() }
        run.awaitHalfClosed()
        job.cancelAndJoin()
      },
      cell("server says nothing, withTimeout", released(CANCELLED)) { stub, _ ->
        expect<TimeoutCancellationException> {
          withTimeout(50) { stub.watch(command("silent")).collect() }
        }
      },
      cell("server says nothing, deadline", released(DEADLINE)) { stub, _ ->
        expectStatus(Status.Code.DEADLINE_EXCEEDED) {
          stub.withDeadlineAfter(50, MILLISECONDS).watch(command("silent")).collect()
        }
      },
      cell("server error before any message", released(TERMINAL_STATUS)) { stub, _ ->
        expectStatus(Status.Code.INTERNAL) { stub.watch(command("0!INTERNAL")).collect() }
      },
      cell("server error between messages", released(TERMINAL_STATUS)) { stub, _ ->
        expectStatus(Status.Code.UNAVAILABLE) { stub.watch(command("2!UNAVAILABLE")).collect() }
      },
      cell("server error, caught", released(TERMINAL_STATUS)) { stub, _ ->
        stub.watch(command("2!UNAVAILABLE")).catch {}.collect()
      },
      cell("server error, first() before it", released(CANCELLED)) { stub, _ ->
        stub.watch(command("3!UNAVAILABLE")).first()
      },
      cell("deadline, server open", released(DEADLINE)) { stub, _ ->
        expectStatus(Status.Code.DEADLINE_EXCEEDED) {
          stub.withDeadlineAfter(50, MILLISECONDS).watch(command("2+")).collect()
        }
      },
      cell("deadline that does not pass", released(TERMINAL_STATUS)) { stub, _ ->
        stub.withDeadlineAfter(120_000, MILLISECONDS).watch(command("2")).collect()
      },
    )

  /** Requests without an end: one, and then nothing until the collector is cancelled. */
  private fun endless(first: String): Flow<Command> = flow {
    emit(command(first))
    awaitCancellation()
  }

  private fun uploads() =
    listOf(
      cell("handler throws", released(TERMINAL_STATUS)) { stub, _ ->
        expectStatus(Status.Code.UNKNOWN) { stub.upload(endless("0throw")) }
      },
      cell("requests never end, scope cancelled", released(CANCELLED)) { stub, run ->
        val scope = forgottenScope(run)
        scope.launch { stub.upload(endless("sum")) }
        run.server.commands.acquire()
        scope.cancel()
      },
      cell("requests end", released(TERMINAL_STATUS)) { stub, _ ->
        check(stub.upload(flowOf(command("sum"), command("x"))).text == "2 commands")
      },
      cell("requests never end, job left", leaked(NOT_HALF_CLOSED)) { stub, run ->
        forgottenScope(run).launch { stub.upload(endless("sum")) }
        run.server.commands.acquire()
      },
      cell("requests never end, job cancelled", released(CANCELLED)) { stub, run ->
        val job = forgottenScope(run).launch { stub.upload(endless("sum")) }
        run.server.commands.acquire()
        job.cancelAndJoin()
      },
      cell("requests never end, withTimeout", released(CANCELLED)) { stub, _ ->
        expect<TimeoutCancellationException> { withTimeout(50) { stub.upload(endless("sum")) } }
      },
      cell("requests never end, deadline", released(DEADLINE)) { stub, _ ->
        expectStatus(Status.Code.DEADLINE_EXCEEDED) {
          stub.withDeadlineAfter(50, MILLISECONDS).upload(endless("sum"))
        }
      },
      cell("requests fail", released(CANCELLED)) { stub, _ ->
        expect<IllegalStateException> {
          stub.upload(
            flow {
              emit(command("sum"))
              error("no more")
            }
          )
        }
      },
      cell("server closes early", released(TERMINAL_STATUS)) { stub, _ ->
        stub.upload(endless("1"))
      },
      cell("server fails early", released(TERMINAL_STATUS)) { stub, _ ->
        expectStatus(Status.Code.RESOURCE_EXHAUSTED) {
          stub.upload(endless("0!RESOURCE_EXHAUSTED"))
        }
      },
      cell("never answered, job left", leaked(SERVER_NOT_FINISHED)) { stub, run ->
        forgottenScope(run).launch { stub.upload(flowOf(command("0+"))) }
        run.awaitHalfClosed()
      },
      cell("never answered, job cancelled", released(CANCELLED)) { stub, run ->
        val job = forgottenScope(run).launch { stub.upload(flowOf(command("0+"))) }
        run.awaitHalfClosed()
        job.cancelAndJoin()
      },
    )

  private fun subscriptions() =
    listOf(
      cell("handler throws", released(TERMINAL_STATUS)) { stub, _ ->
        expectStatus(Status.Code.UNKNOWN) { stub.subscribe(endless("2throw")).collect() }
      },
      cell("requests never end, exception in the collector", released(CANCELLED)) { stub, _ ->
        expect<IllegalStateException> {
          stub.subscribe(endless("5+")).collect { error("no more") }
        }
      },
      cell("requests never end, scope cancelled", released(CANCELLED)) { stub, run ->
        val scope = forgottenScope(run)
        scope.launch { stub.subscribe(endless("echo")).collect() }
        run.awaitDemandAfter(1)
        scope.cancel()
      },
      cell("requests never end, withTimeout", released(CANCELLED)) { stub, _ ->
        expect<TimeoutCancellationException> {
          withTimeout(50) { stub.subscribe(endless("echo")).collect() }
        }
      },
      cell("requests never end, deadline", released(DEADLINE)) { stub, _ ->
        expectStatus(Status.Code.DEADLINE_EXCEEDED) {
          stub.withDeadlineAfter(50, MILLISECONDS).subscribe(endless("echo")).collect()
        }
      },
      cell("requests never end, collector stuck, server open", leaked(NOT_DRAINED)) { stub, run ->
          forgottenScope(run).launch { stub.subscribe(endless("5+")).collect { awaitCancellation() } }
          run.awaitServerObeyedAndDemandMet()
        }
        .overNetty(
          leaked(NOT_HALF_CLOSED),
          "over Netty nobody sees the messages that were not asked for, and the half-close is missing too",
        ),
      cell("half-closed, collector stuck, server finished, job cancelled", released(CANCELLED)) {
        stub,
        run ->
        val requests = flowOf(command("echo"), command("x"), command("y"))
        val job =
          forgottenScope(run).launch { stub.subscribe(requests).collect { awaitCancellation() } }
        run.awaitServerClosedAndDemandMet()
        job.cancelAndJoin()
      },
      cell("never collected", noStream()) { stub, _ -> stub.subscribe(endless("echo")) },
      cell("both ends end", released(TERMINAL_STATUS)) { stub, _ ->
        check(stub.subscribe(flowOf(command("echo"), command("x"))).toList().size == 2)
      },
      cell("requests never end, collector left", leaked(NOT_HALF_CLOSED)) { stub, run ->
        forgottenScope(run).launch { stub.subscribe(endless("echo")).collect() }
        run.awaitDemandAfter(1)
      },
      cell("requests never end, job cancelled", released(CANCELLED)) { stub, run ->
        val job = forgottenScope(run).launch { stub.subscribe(endless("echo")).collect() }
        run.awaitDemandAfter(1)
        job.cancelAndJoin()
      },
      cell("requests never end, first()", released(CANCELLED)) { stub, _ ->
        stub.subscribe(endless("echo")).first()
      },
      cell("requests never end, take(1)", released(CANCELLED)) { stub, _ ->
        check(stub.subscribe(endless("5+")).take(1).toList().size == 1)
      },
      cell("requests fail", released(CANCELLED)) { stub, _ ->
        expect<IllegalStateException> {
          stub
            .subscribe(
              flow {
                emit(command("echo"))
                error("no more")
              }
            )
            .collect()
        }
      },
      cell("half-closed, collector stuck, server finished", leaked(NOT_DRAINED)) { stub, run
        ->
        val never = CompletableDeferred<Unit>()
        forgottenScope(run).launch {
          stub
            .subscribe(flowOf(command("echo"), command("x"), command("y")))
            .collect { never.await() }
        }
        run.awaitServerClosedAndDemandMet()
      },
      cell("half-closed, server open, collector left", leaked(SERVER_NOT_FINISHED)) { stub, run
        ->
        forgottenScope(run).launch { stub.subscribe(flowOf(command("2+"))).collect() }
        run.awaitHalfClosed()
        run.awaitDemandAfter(2)
      },
      cell("server closes early, requests never end", released(TERMINAL_STATUS)) { stub, _ ->
        check(stub.subscribe(endless("2")).toList().size == 2)
      },
      cell("server fails, requests never end", released(TERMINAL_STATUS)) { stub, _ ->
        expectStatus(Status.Code.UNAVAILABLE) { stub.subscribe(endless("2!UNAVAILABLE")).collect() }
      },
      // Half-closing would not end it: what waits has to be read, or the call cancelled.
      cell("server finished, collector stuck, never half-closed", leaked(NOT_DRAINED)) {
        stub,
        run ->
        val never = CompletableDeferred<Unit>()
        forgottenScope(run).launch { stub.subscribe(endless("5")).collect { never.await() } }
        run.awaitServerClosedAndDemandMet()
      },
    )

  /** Calls that wait for a server that does not come. */
  private fun noServer() =
    listOf(
      cell("waits for ready, job left", leaked(NOT_PICKED)) { stub, run ->
        run.stopServer()
        forgottenScope(run).launch { stub.withWaitForReady().watch(command("2")).collect() }
        run.awaitStarted()
      },
      cell("waits for ready, job cancelled", released(CANCELLED)) { stub, run ->
        run.stopServer()
        val job =
          forgottenScope(run).launch { stub.withWaitForReady().watch(command("2")).collect() }
        run.awaitStarted()
        job.cancelAndJoin()
      },
      cell("waits for ready, deadline", released(DEADLINE)) { stub, run ->
        run.stopServer()
        expectStatus(Status.Code.DEADLINE_EXCEEDED) {
          stub
            .withWaitForReady()
            .withDeadlineAfter(50, MILLISECONDS)
            .watch(command("2"))
            .collect()
        }
      },
      cell("does not wait for ready", released(TERMINAL_STATUS)) { stub, run ->
        run.stopServer()
        expectStatus(Status.Code.UNAVAILABLE) { stub.watch(command("2")).collect() }
      },
    )

  private inline fun <reified T : Throwable> expect(block: () -> Any?): T {
    try {
      block()
    } catch (e: Throwable) {
      if (e is T) {
        return e
      }
      throw e
    }
    throw AssertionError("nothing was thrown, not even ${T::class.java}")
  }

  private inline fun expectStatus(code: Status.Code, block: () -> Any?) {
    check(expect<StatusException>(block).status.code == code)
  }
}
