/** A module of tests, as a project has one that keeps them apart from the application's. */
module acme.shop {
  requires io.github.streamleak.junit;
  requires io.github.streamleak.recorder;
  requires io.grpc;
  requires io.grpc.netty;
  requires io.grpc.stub;
  requires org.jspecify;
  requires org.junit.jupiter.api;

  opens acme.shop;
}
