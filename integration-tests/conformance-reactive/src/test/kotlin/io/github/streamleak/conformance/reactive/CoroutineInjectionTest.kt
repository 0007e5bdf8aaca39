package io.github.streamleak.conformance.reactive

import acme.market.Command
import acme.market.MarketGrpcKt.MarketCoroutineImplBase
import acme.market.MarketGrpcKt.MarketCoroutineStub
import acme.market.Price
import io.github.streamleak.conformance.reactive.MarketServer.command
import io.github.streamleak.junit.GrpcInject
import io.github.streamleak.junit.GrpcStreamLeakCheck
import io.github.streamleak.junit.Serve
import io.github.streamleak.recorder.GrpcStreamRecorder
import io.github.streamleak.stream.EventKind
import io.github.streamleak.stream.StubKind
import kotlinx.coroutines.CoroutineExceptionHandler
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.flow.collect
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.assertj.core.api.Assertions.assertThat
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test

/** The JUnit extension with coroutine stubs and services of grpc-kotlin, in tests in Kotlin. */
internal class CoroutineInjectionTest {

  @Test fun stubsAreInjectedAndRecognisedTest() = Fixtures.assertAllPass(RightTestCases::class.java, 4)

  @Test
  fun coroutineServiceIsServedTest() =
    Fixtures.assertAllPass(CoroutineServiceTestCases::class.java, 1)

  @Test
  fun leftCollectorTest() {
    val text = Fixtures.onlyLeak(LeftTestCases::class.java).message

    assertThat(Fixtures.stable(text.orEmpty()))
      .isEqualTo(
        """
        1 gRPC client stream leaked, still open N s after the test:

        1. acme.market.Market/Watch (SERVER_STREAMING, coroutine stub)
           opened at : io.github.streamleak.conformance.reactive.CoroutineInjectionTest${"$"}LeftTestCases${"$"}leaves${"$"}1.invokeSuspend(CoroutineInjectionTest.kt:%d)
           attempt   : 1, picked in-process:CoroutineInjectionTest.LeftTestCases.leaves
           state     : half-closed, 1 outbound message, 1 inbound message of 1 requested, no terminal status
           events    : +T  started
                       +T  picked in-process:CoroutineInjectionTest.LeftTestCases.leaves
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

        To allow a stream on purpose: @AllowStreamLeak(method = "acme.market.Market/Watch", reason = "why it may stay open")"""
          .trimIndent()
          .format(Lines.of("left collector"))
      )
  }

  // ---- fixtures ----

  @GrpcStreamLeakCheck
  class RightTestCases {
    @Serve val market = MarketServer()

    @GrpcInject lateinit var field: MarketCoroutineStub

    @Test
    fun parameter(stub: MarketCoroutineStub, recorder: GrpcStreamRecorder) {
      runBlocking { Lines.here("first", stub.watch(command("5+"))).first() }
      assertOpened(recorder, "first")
    }

    @Test
    fun fieldIsSet() {
      runBlocking { assertThat(field.quote(command("1")).text).isEqualTo("price 0") }
    }

    @Test
    fun onAnotherThread(stub: MarketCoroutineStub, recorder: GrpcStreamRecorder) {
      runBlocking(Dispatchers.Default) { Lines.here("default", stub.watch(command("5"))).toList() }
      assertOpened(recorder, "default")
    }

    @Test
    fun afterASuspension(stub: MarketCoroutineStub, recorder: GrpcStreamRecorder) {
      runBlocking(Dispatchers.Default) {
        stub.quote(command("1"))
        Lines.here("second", stub.watch(command("5"))).collect()
      }
      assertThat(recorder.streams()).hasSize(2)
      assertThat(recorder.streams()[1].openingLine().get().lineNumber)
        .isEqualTo(Lines.of("second"))
    }

    private fun assertOpened(recorder: GrpcStreamRecorder, key: String) {
      val stream = recorder.streams()[0]
      assertThat(stream.stubKind()).isEqualTo(StubKind.KOTLIN)
      assertThat(stream.openingLine().get().fileName).isEqualTo("CoroutineInjectionTest.kt")
      assertThat(stream.openingLine().get().lineNumber).isEqualTo(Lines.of(key))
    }
  }

  @GrpcStreamLeakCheck
  class CoroutineServiceTestCases {
    @Serve
    val market =
      object : MarketCoroutineImplBase() {
        override suspend fun quote(request: Command): Price =
          Price.newBuilder().setText(request.text).build()
      }

    @Test
    fun answers(stub: MarketCoroutineStub) {
      runBlocking { assertThat(stub.quote(command("x")).text).isEqualTo("x") }
    }
  }

  @GrpcStreamLeakCheck(grace = "100 ms")
  class LeftTestCases {
    @Serve val market = MarketServer()

    /** Makes the channel ready, so that the stream is picked as it is started. */
    @BeforeEach
    fun makeChannelReady(stub: MarketCoroutineStub) {
      runBlocking { stub.quote(command("1")) }
    }

    @Test
    fun leaves(stub: MarketCoroutineStub, recorder: GrpcStreamRecorder) {
      // One thread at a time: the sender of grpc-kotlin is a coroutine of its own.
      val oneAtATime = Dispatchers.Default.limitedParallelism(1)
      val scope = CoroutineScope(oneAtATime + CoroutineExceptionHandler { _, _ -> })
      scope.launch {
        Lines.here("left collector", stub.watch(command("5"))).collect { awaitCancellation() }
      }
      Run.until {
        recorder.streams().size == 2 &&
          recorder.streams()[1].isHalfClosed &&
          recorder.streams()[1].count(EventKind.RECEIVED) == 1L
      }
    }
  }
}
