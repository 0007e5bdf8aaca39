package io.github.streamleak.conformance.reactive

import acme.market.Command
import acme.market.MarketGrpcKt.MarketCoroutineStub
import io.github.streamleak.conformance.reactive.Expected.cancelledOrTerminal
import io.github.streamleak.conformance.reactive.Expected.leaked
import io.github.streamleak.conformance.reactive.Expected.noStream
import io.github.streamleak.conformance.reactive.Expected.released
import io.github.streamleak.conformance.reactive.MarketServer.command
import io.github.streamleak.stream.LeakCause
import io.github.streamleak.stream.LeakCause.NOT_DRAINED
import io.github.streamleak.stream.LeakCause.NOT_HALF_CLOSED
import io.github.streamleak.stream.LeakCause.NOT_PICKED
import io.github.streamleak.stream.LeakCause.SERVER_NOT_FINISHED
import io.github.streamleak.stream.LeakCause.STILL_SUBSCRIBED
import io.github.streamleak.stream.StreamRelease.CANCELLED
import io.github.streamleak.stream.StreamRelease.DEADLINE
import io.github.streamleak.stream.StreamRelease.TERMINAL_STATUS
import io.github.streamleak.stream.StubKind
import io.grpc.Channel
import io.grpc.Context
import io.grpc.MethodDescriptor.MethodType
import io.grpc.Status.Code
import io.grpc.StatusException
import io.grpc.kotlin.GrpcContextElement
import java.util.concurrent.TimeUnit.MILLISECONDS
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

/** What a coroutine does with the stub. */
private typealias Call = suspend (MarketCoroutineStub) -> Any?

/** What a program waits for, so that nothing but what its row is about can happen any more. */
private typealias Wait = Run.() -> Unit

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

  private val tookNone: Wait = { awaitHalfClosedAndDemandAfter(0) }
  private val tookOne: Wait = { awaitDemandAfter(1) }
  private val tookTwo: Wait = { awaitHalfClosedAndDemandAfter(2) }
  private val stuck: Wait = { awaitServerClosedAndDemandMet() }

  private fun unary() =
    listOf(
      fails("handler throws", Code.UNKNOWN) { it.quote(command("0throw")) },
      scopeCancelled("never answered, scope cancelled", Run::awaitHalfClosed) {
        it.quote(command("0+"))
      },
      cell("answered", released(TERMINAL_STATUS)) { stub, _ -> stub.quote(command("1")) },
      left("never answered, job left", SERVER_NOT_FINISHED, Run::awaitHalfClosed) {
        it.quote(command("0+"))
      },
      jobCancelled("never answered, job cancelled", Run::awaitHalfClosed) {
        it.quote(command("0+"))
      },
      cell("never answered, async left", leaked(SERVER_NOT_FINISHED)) { stub, run ->
        forgottenScope(run).async { stub.quote(command("0+")) }
        run.awaitHalfClosed()
      },
      timeout("never answered, withTimeout") { it.quote(command("0+")) },
      contextCancelled("never answered, Context cancelled", Run::awaitHalfClosed) {
        it.quote(command("0+"))
      },
      deadline("never answered, deadline") { it.quote(command("0+")) },
      fails("server error", Code.INTERNAL) { it.quote(command("0!INTERNAL")) },
    )

  private fun collected() =
    listOf(
      collects("collected to the end, 5 of 5", released(TERMINAL_STATUS), 5) {
        it.watch(command("5"))
      },
      cell("collected to the end, none", released(TERMINAL_STATUS)) { stub, _ ->
        check(stub.watch(command("0")).toList().isEmpty())
      },
      // Flow.map is inline: its collector is a class of the user's in a file of the library.
      collects("collected through map", released(TERMINAL_STATUS), 5) {
        it.watch(command("5")).map { price -> price.text }
      },
      collects("collected through buffer", released(TERMINAL_STATUS), 5) {
        it.watch(command("5")).buffer(2)
      },
      collects("collected through flowOn", released(TERMINAL_STATUS), 5) {
        it.watch(command("5")).flowOn(Dispatchers.IO)
      }.startedOnAnotherStack(),
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
      collects("take(1) of 5, server finished", released(CANCELLED), 1) {
        it.watch(command("5")).take(1)
      },
      collects("take(1) of 5, server open", released(CANCELLED), 1) {
        it.watch(command("5+")).take(1)
      },
      collects("take(5) of 5, server open", released(CANCELLED), 5) {
        it.watch(command("5+")).take(5)
      },
      collects("take(5) of 5, server finished", cancelledOrTerminal(), 5) {
        it.watch(command("5")).take(5)
      },
      collects("takeWhile, server open", released(CANCELLED), 2) {
        it.watch(command("5+")).takeWhile { price -> price.text != "price 2" }
      },
      collects("zip with a shorter flow, server open", released(CANCELLED), 2) {
        it.watch(command("5+")).zip(flowOf(1, 2)) { _, i -> i }
      },
      timeout("withTimeout, server open") { it.watch(command("2+")).collect {} },
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
      left("collector in a forgotten scope, server open", STILL_SUBSCRIBED, tookTwo) {
        it.watch(command("2+")).collect()
      },
      scopeCancelled("scope cancelled in the middle, server open", tookTwo) {
        it.watch(command("2+")).collect()
      },
      left("collector stuck, server finished", NOT_DRAINED, stuck) {
        it.watch(command("5")).collect { awaitCancellation() }
      },
      jobCancelled("collector stuck, server finished, job cancelled", stuck) {
        it.watch(command("5")).collect { awaitCancellation() }
      },
      contextCancelled("Context cancelled in the middle, server open", tookTwo) {
        it.watch(command("2+")).collect()
      },
      contextCancelled("collector stuck, server finished, Context cancelled", stuck) {
        it.watch(command("5")).collect { awaitCancellation() }
      },
      cell("collector stuck, server finished, deadline", released(DEADLINE)) { stub, run ->
        val limited = stub.withDeadlineAfter(300, MILLISECONDS)
        forgottenScope(run).launch { limited.watch(command("5")).collect { awaitCancellation() } }
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
      cell("shareIn Eagerly, one taken, server open", leaked(STILL_SUBSCRIBED)) { stub, run ->
        stub
          .watch(command("2+"))
          .shareIn(forgottenScope(run), SharingStarted.Eagerly, replay = 1)
          .first()
        run.awaitHalfClosedAndDemandAfter(2)
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
      fails("handler throws between messages", Code.UNKNOWN) {
        it.watch(command("2throw")).collect()
      },
      left("server says nothing, job left", STILL_SUBSCRIBED, tookNone) {
        it.watch(command("silent")).collect()
      },
      jobCancelled("server says nothing, job cancelled", Run::awaitHalfClosed) {
        it.watch(command("silent")).collect()
      },
      timeout("server says nothing, withTimeout") { it.watch(command("silent")).collect() },
      deadline("server says nothing, deadline") { it.watch(command("silent")).collect() },
      fails("server error before any message", Code.INTERNAL) {
        it.watch(command("0!INTERNAL")).collect()
      },
      fails("server error between messages", Code.UNAVAILABLE) {
        it.watch(command("2!UNAVAILABLE")).collect()
      },
      cell("server error, caught", released(TERMINAL_STATUS)) { stub, _ ->
        stub.watch(command("2!UNAVAILABLE")).catch {}.collect()
      },
      cell("server error, first() before it", released(CANCELLED)) { stub, _ ->
        stub.watch(command("3!UNAVAILABLE")).first()
      },
      deadline("deadline, server open") { it.watch(command("2+")).collect() },
      cell("deadline that does not pass", released(TERMINAL_STATUS)) { stub, _ ->
        stub.withDeadlineAfter(120_000, MILLISECONDS).watch(command("2")).collect()
      },
    )

  /** Requests without an end: one, and then nothing until the collector is cancelled. */
  private fun endless(first: String): Flow<Command> = flow {
    emit(command(first))
    awaitCancellation()
  }

  /** Requests that fail after the first. */
  private fun failing(first: String): Flow<Command> = flow {
    emit(command(first))
    error("no more")
  }

  private fun uploads() =
    listOf(
      fails("handler throws", Code.UNKNOWN) { it.upload(endless("0throw")) },
      scopeCancelled("requests never end, scope cancelled", Run::awaitCommand) {
        it.upload(endless("sum"))
      },
      cell("requests end", released(TERMINAL_STATUS)) { stub, _ ->
        check(stub.upload(flowOf(command("sum"), command("x"))).text == "2 commands")
      },
      left("requests never end, job left", NOT_HALF_CLOSED, Run::awaitCommand) {
        it.upload(endless("sum"))
      },
      jobCancelled("requests never end, job cancelled", Run::awaitCommand) {
        it.upload(endless("sum"))
      },
      timeout("requests never end, withTimeout") { it.upload(endless("sum")) },
      deadline("requests never end, deadline") { it.upload(endless("sum")) },
      cell("requests fail", released(CANCELLED)) { stub, _ ->
        expect<IllegalStateException> { stub.upload(failing("sum")) }
      },
      cell("server closes early", released(TERMINAL_STATUS)) { stub, _ ->
        stub.upload(endless("1"))
      },
      fails("server fails early", Code.RESOURCE_EXHAUSTED) {
        it.upload(endless("0!RESOURCE_EXHAUSTED"))
      },
      left("never answered, job left", SERVER_NOT_FINISHED, Run::awaitHalfClosed) {
        it.upload(flowOf(command("0+")))
      },
      jobCancelled("never answered, job cancelled", Run::awaitHalfClosed) {
        it.upload(flowOf(command("0+")))
      },
    )

  private val echoes = flowOf(command("echo"), command("x"), command("y"))

  private fun subscriptions() =
    listOf(
      fails("handler throws", Code.UNKNOWN) { it.subscribe(endless("2throw")).collect() },
      cell("requests never end, exception in the collector", released(CANCELLED)) { stub, _ ->
        expect<IllegalStateException> { stub.subscribe(endless("5+")).collect { error("no more") } }
      },
      scopeCancelled("requests never end, scope cancelled", tookOne) {
        it.subscribe(endless("echo")).collect()
      },
      timeout("requests never end, withTimeout") { it.subscribe(endless("echo")).collect() },
      deadline("requests never end, deadline") { it.subscribe(endless("echo")).collect() },
      cell("requests never end, collector stuck, server open", leaked(NOT_DRAINED)) { stub, run ->
          forgottenScope(run).launch { stub.subscribe(endless("5+")).collect { awaitCancellation() } }
          run.awaitServerObeyedAndDemandMet()
        }
        .overNetty(
          leaked(NOT_HALF_CLOSED),
          "over Netty nobody sees the messages that were not asked for, and the half-close is missing too",
        ),
      jobCancelled("half-closed, collector stuck, server finished, job cancelled", stuck) {
        it.subscribe(echoes).collect { awaitCancellation() }
      },
      cell("never collected", noStream()) { stub, _ -> stub.subscribe(endless("echo")) },
      collects("both ends end", released(TERMINAL_STATUS), 2) {
        it.subscribe(flowOf(command("echo"), command("x")))
      },
      left("requests never end, collector left", NOT_HALF_CLOSED, tookOne) {
        it.subscribe(endless("echo")).collect()
      },
      jobCancelled("requests never end, job cancelled", tookOne) {
        it.subscribe(endless("echo")).collect()
      },
      cell("requests never end, first()", released(CANCELLED)) { stub, _ ->
        stub.subscribe(endless("echo")).first()
      },
      collects("requests never end, take(1)", released(CANCELLED), 1) {
        it.subscribe(endless("5+")).take(1)
      },
      cell("requests fail", released(CANCELLED)) { stub, _ ->
        expect<IllegalStateException> { stub.subscribe(failing("echo")).collect() }
      },
      left("half-closed, collector stuck, server finished", NOT_DRAINED, stuck) {
        it.subscribe(echoes).collect { awaitCancellation() }
      },
      left("half-closed, server open, collector left", STILL_SUBSCRIBED, tookTwo) {
        it.subscribe(flowOf(command("2+"))).collect()
      },
      collects("server closes early, requests never end", released(TERMINAL_STATUS), 2) {
        it.subscribe(endless("2"))
      },
      fails("server fails, requests never end", Code.UNAVAILABLE) {
        it.subscribe(endless("2!UNAVAILABLE")).collect()
      },
      // Half-closing would not end it: what waits has to be read, or the call cancelled.
      left("server finished, collector stuck, never half-closed", NOT_DRAINED, stuck) {
        it.subscribe(endless("5")).collect { awaitCancellation() }
      },
    )

  /** Calls that wait for a server that does not come. */
  private fun noServer() =
    listOf(
      left("waits for ready, job left", NOT_PICKED, Run::awaitStarted) {
        it.withWaitForReady().watch(command("2")).collect()
      },
      jobCancelled("waits for ready, job cancelled", Run::awaitStarted) {
        it.withWaitForReady().watch(command("2")).collect()
      },
      deadline("waits for ready, deadline") {
        it.withWaitForReady().watch(command("2")).collect()
      },
      fails("does not wait for ready", Code.UNAVAILABLE) { it.watch(command("2")).collect() },
    )
      .map { it.withoutServer() }

  // ---- the kinds of rows ----

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

  /** All prices are collected. */
  private fun collects(
    name: String,
    expected: Expected,
    count: Int,
    prices: (MarketCoroutineStub) -> Flow<*>,
  ) = cell(name, expected) { stub, _ -> check(prices(stub).toList().size == count) }

  /** The server fails the call. */
  private fun fails(name: String, code: Code, call: Call) =
    cell(name, released(TERMINAL_STATUS)) { stub, _ -> expectStatus(code) { call(stub) } }

  /** A short deadline passes. */
  private fun deadline(name: String, call: Call) =
    cell(name, released(DEADLINE)) { stub, _ ->
      expectStatus(Code.DEADLINE_EXCEEDED) { call(stub.withDeadlineAfter(50, MILLISECONDS)) }
    }

  /** A time-out of the coroutine's passes. */
  private fun timeout(name: String, call: Call) =
    cell(name, released(CANCELLED)) { stub, _ ->
      expect<TimeoutCancellationException> { withTimeout(50) { call(stub) } }
    }

  /** The coroutine that makes the call is forgotten. */
  private fun left(name: String, cause: LeakCause, wait: Wait, call: Call) =
    cell(name, leaked(cause)) { stub, run ->
      forgottenScope(run).launch { call(stub) }
      run.wait()
    }

  /** The coroutine that makes the call is cancelled. */
  private fun jobCancelled(name: String, wait: Wait, call: Call) =
    cell(name, released(CANCELLED)) { stub, run ->
      val job = forgottenScope(run).launch { call(stub) }
      run.wait()
      job.cancelAndJoin()
    }

  /** The scope of the coroutine that makes the call is cancelled. */
  private fun scopeCancelled(name: String, wait: Wait, call: Call) =
    cell(name, released(CANCELLED)) { stub, run ->
      val scope = forgottenScope(run)
      scope.launch { call(stub) }
      run.wait()
      scope.cancel()
    }

  /** The Context that the coroutine carries is cancelled. */
  private fun contextCancelled(name: String, wait: Wait, call: Call) =
    cell(name, released(CANCELLED)) { stub, run ->
      val context = Context.current().withCancellation()
      forgottenScope(run).launch(GrpcContextElement(context)) { call(stub) }
      run.wait()
      context.cancel(null)
    }

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

  private inline fun expectStatus(code: Code, block: () -> Any?) {
    check(expect<StatusException>(block).status.code == code)
  }
}
