package io.github.streamleak.conformance.reactive

import acme.market.Command
import acme.market.MarketGrpcKt.MarketCoroutineStub
import io.github.streamleak.conformance.reactive.MarketServer.command
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import kotlinx.coroutines.CoroutineExceptionHandler
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancel
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.collect
import kotlinx.coroutines.flow.consumeAsFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import org.assertj.core.api.Assertions.assertThat
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Test

/** What a user of coroutines is told. The twins beside each text do what it says, in the very code that it names. */
internal class CoroutineTextTest {
  private val told = Told(Path.of("src/test/kotlin"), javaClass)
  private val stub = MarketCoroutineStub(told.channel)

  /** All on this thread, so that events come in the same order in every run. */
  private val scope =
    CoroutineScope(Dispatchers.Unconfined + CoroutineExceptionHandler { _, _ -> })

  @AfterEach
  fun close() {
    told.close()
    scope.cancel()
  }

  @Test
  fun collectorThatIsStuckIsNotDrainedTest() {
    scope.launch { stub.watch(command("5")).collect { awaitCancellation() } }

    assertThat(told.text()).isEqualTo("""
        1 gRPC client stream leaked, still open N s after the check began:

        1. acme.market.Market/Watch (SERVER_STREAMING, coroutine stub)
           opened at : io.github.streamleak.conformance.reactive.CoroutineTextTest${"$"}collectorThatIsStuckIsNotDrainedTest${"$"}1.invokeSuspend(CoroutineTextTest.kt:LINE)
           called by : io.github.streamleak.conformance.reactive.CoroutineTextTest.collectorThatIsStuckIsNotDrainedTest(CoroutineTextTest.kt:LINE)
           attempt   : 1, picked market
           state     : half-closed, 1 outbound message, 1 inbound message of 1 requested, no terminal status
           events    : +T  started
                       +T  picked market
                       +T  requested 1
                       +T  outbound message #0
                       +T  half-closed
                       +T  headers
                       +T  inbound message #0
           cause     : NOT_DRAINED: messages or the terminal status wait, and the client has stopped asking
           owed by   : the client: read on to the terminal status, or cancel
           to fix    : <your responses>.collect {}  // at the end: reads to the end, if its block does not wait for ever
                       <your responses>.first()  // or as a step of the chain: cancels after the first
                       <your job>.cancel()  // or in finally: stops the coroutine of the call

        To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.market.Market/Watch", "the reason"))""".trimIndent())
  }

  @Test
  fun collectorThatReturnsPassesTest() {
    val responses = stub.watch(command("5"))
    scope.launch { responses.collect {} }

    assertThat(told.textOfATwin()).isEqualTo(Told.PASSES)
  }

  @Test
  fun firstPassesTest() {
    val responses = stub.watch(command("5"))
    scope.launch { responses.first() }

    assertThat(told.textOfATwin()).isEqualTo(Told.PASSES)
  }

  @Test
  fun collectorThatIsCancelledPassesTest() {
    val job = scope.launch { stub.watch(command("5")).collect { awaitCancellation() } }
    job.cancel()

    assertThat(told.textOfATwin()).isEqualTo(Told.PASSES)
  }

  @Test
  fun requestsThatNeverEndAreNotHalfClosedTest() {
    val requestChannel = Channel<Command>(1)
    requestChannel.trySend(command("sum"))
    scope.launch { stub.upload(requestChannel.consumeAsFlow()) }

    assertThat(told.text()).isEqualTo("""
        1 gRPC client stream leaked, still open N s after the check began:

        1. acme.market.Market/Upload (CLIENT_STREAMING, coroutine stub)
           opened at : io.github.streamleak.conformance.reactive.CoroutineTextTest${"$"}requestsThatNeverEndAreNotHalfClosedTest${"$"}1.invokeSuspend(CoroutineTextTest.kt:LINE)
           called by : io.github.streamleak.conformance.reactive.CoroutineTextTest.requestsThatNeverEndAreNotHalfClosedTest(CoroutineTextTest.kt:LINE)
           attempt   : 1, picked market
           state     : not half-closed, 1 outbound message, 0 inbound messages of 1 requested, no terminal status
           events    : +T  started
                       +T  picked market
                       +T  requested 1
                       +T  outbound message #0
                       +T  headers
           cause     : NOT_HALF_CLOSED: the client has neither half-closed nor cancelled
           owed by   : the client: half-close and read to the terminal status, or cancel
           to fix    : <your requestChannel>.close()  // when all is sent: lets the flow of requests complete
                       <your job>.cancel()  // or in finally: stops the coroutine of the call

        To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.market.Market/Upload", "the reason"))""".trimIndent())
  }

  @Test
  fun requestsThatEndPassTest() {
    val requestChannel = Channel<Command>(1)
    requestChannel.trySend(command("sum"))
    scope.launch { stub.upload(requestChannel.consumeAsFlow()) }
    requestChannel.close()

    assertThat(told.textOfATwin()).isEqualTo(Told.PASSES)
  }

  @Test
  fun uploadThatIsCancelledPassesTest() {
    val requestChannel = Channel<Command>(1)
    requestChannel.trySend(command("sum"))
    val job = scope.launch { stub.upload(requestChannel.consumeAsFlow()) }
    job.cancel()

    assertThat(told.textOfATwin()).isEqualTo(Told.PASSES)
  }

  @Test
  fun jobLeftIsOwedByTheServerTest() {
    scope.launch { stub.quote(command("0+")) }

    assertThat(told.text()).isEqualTo("""
        1 gRPC client stream leaked, still open N s after the check began:

        1. acme.market.Market/Quote (UNARY, coroutine stub)
           opened at : io.github.streamleak.conformance.reactive.CoroutineTextTest${"$"}jobLeftIsOwedByTheServerTest${"$"}1.invokeSuspend(CoroutineTextTest.kt:LINE)
           called by : io.github.streamleak.conformance.reactive.CoroutineTextTest.jobLeftIsOwedByTheServerTest(CoroutineTextTest.kt:LINE)
           attempt   : 1, picked market
           state     : half-closed, 1 outbound message, 0 inbound messages of 1 requested, no terminal status
           events    : +T  started
                       +T  picked market
                       +T  requested 1
                       +T  outbound message #0
                       +T  half-closed
                       +T  headers
           cause     : SERVER_NOT_FINISHED: the client has half-closed and waits for the response, and the server has not closed
           owed by   : the server: the handler closes on every path; the client sets a deadline
           to fix    : // in the handler of acme.market.Market/Quote, on every path: it returns, or onCompleted() is called
                       <your job>.cancel()  // or in finally: stops the coroutine of the call
                       <your stub>.withDeadlineAfter(1, TimeUnit.SECONDS)  // or as a step of the chain: ends the wait

        To allow a stream on purpose: policy.allow(StreamAllowance.of("acme.market.Market/Quote", "the reason"))""".trimIndent())
  }

  @Test
  fun jobCancelledPassesTest() {
    val job = scope.launch { stub.quote(command("0+")) }
    job.cancel()

    assertThat(told.textOfATwin()).isEqualTo(Told.PASSES)
  }

  @Test
  fun answeredWithinTheDeadlinePassesTest() {
    scope.launch { stub.withDeadlineAfter(1, TimeUnit.SECONDS).quote(command("1")) }

    assertThat(told.textOfATwin()).isEqualTo(Told.PASSES)
  }

  @Test
  fun deadlinePassesTest() {
    scope.launch { stub.withDeadlineAfter(1, TimeUnit.NANOSECONDS).quote(command("0+")) }

    assertThat(told.textOfATwin()).isEqualTo(Told.PASSES)
  }

  @Test
  fun flowLeftIsOwedByTheServerTest() {
    scope.launch { stub.watch(command("0+")).collect {} }

    assertThat(told.text()).contains(
      "// or in the handler of acme.market.Market/Watch, on every path: the Flow completes, or onCompleted() is called"
    )
  }
}
