using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CredentialProxy.Admin.Storage.Migrations
{
    /// <inheritdoc />
    public partial class ControlApi : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "DetailJson",
                table: "audit");

            migrationBuilder.AddColumn<string>(
                name: "MintedBy",
                table: "tokens",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "Version",
                table: "tokens",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<string>(
                name: "TokenLimitsJson",
                table: "projects",
                type: "text",
                nullable: false,
                defaultValue: "[]");

            migrationBuilder.AddColumn<long>(
                name: "Version",
                table: "projects",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<long>(
                name: "Version",
                table: "credentials",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<string>(
                name: "AfterJson",
                table: "audit",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "BeforeJson",
                table: "audit",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Role",
                table: "audit",
                type: "text",
                nullable: false,
                defaultValue: "admin");

            migrationBuilder.CreateTable(
                name: "admin_keys",
                columns: table => new
                {
                    Id = table.Column<string>(type: "text", nullable: false),
                    Hash = table.Column<string>(type: "text", nullable: false),
                    LastFour = table.Column<string>(type: "text", nullable: false),
                    Label = table.Column<string>(type: "text", nullable: false),
                    Role = table.Column<string>(type: "text", nullable: false),
                    CeilingsJson = table.Column<string>(type: "text", nullable: true),
                    CreatedAt = table.Column<long>(type: "bigint", nullable: false),
                    ExpiresAt = table.Column<long>(type: "bigint", nullable: true),
                    RevokedAt = table.Column<long>(type: "bigint", nullable: true),
                    Version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_admin_keys", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "repeats",
                columns: table => new
                {
                    Key = table.Column<string>(type: "text", nullable: false),
                    Actor = table.Column<string>(type: "text", nullable: false),
                    RequestHash = table.Column<string>(type: "text", nullable: false),
                    ObjectId = table.Column<string>(type: "text", nullable: false),
                    ExpiresAt = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_repeats", x => x.Key);
                });

            migrationBuilder.CreateIndex(
                name: "IX_tokens_CreatedAt_Id",
                table: "tokens",
                columns: new[] { "CreatedAt", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_tokens_MintedBy_CreatedAt",
                table: "tokens",
                columns: new[] { "MintedBy", "CreatedAt" });

            migrationBuilder.CreateIndex(
                name: "IX_tokens_ProjectId_CreatedAt",
                table: "tokens",
                columns: new[] { "ProjectId", "CreatedAt" });

            migrationBuilder.CreateIndex(
                name: "IX_audit_Actor_Id",
                table: "audit",
                columns: new[] { "Actor", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_audit_ObjectId_Id",
                table: "audit",
                columns: new[] { "ObjectId", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_admin_keys_Hash",
                table: "admin_keys",
                column: "Hash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_repeats_Actor",
                table: "repeats",
                column: "Actor");

            migrationBuilder.CreateIndex(
                name: "IX_repeats_ExpiresAt",
                table: "repeats",
                column: "ExpiresAt");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "admin_keys");

            migrationBuilder.DropTable(
                name: "repeats");

            migrationBuilder.DropIndex(
                name: "IX_tokens_CreatedAt_Id",
                table: "tokens");

            migrationBuilder.DropIndex(
                name: "IX_tokens_MintedBy_CreatedAt",
                table: "tokens");

            migrationBuilder.DropIndex(
                name: "IX_tokens_ProjectId_CreatedAt",
                table: "tokens");

            migrationBuilder.DropIndex(
                name: "IX_audit_Actor_Id",
                table: "audit");

            migrationBuilder.DropIndex(
                name: "IX_audit_ObjectId_Id",
                table: "audit");

            migrationBuilder.DropColumn(
                name: "MintedBy",
                table: "tokens");

            migrationBuilder.DropColumn(
                name: "Version",
                table: "tokens");

            migrationBuilder.DropColumn(
                name: "TokenLimitsJson",
                table: "projects");

            migrationBuilder.DropColumn(
                name: "Version",
                table: "projects");

            migrationBuilder.DropColumn(
                name: "Version",
                table: "credentials");

            migrationBuilder.DropColumn(
                name: "AfterJson",
                table: "audit");

            migrationBuilder.DropColumn(
                name: "BeforeJson",
                table: "audit");

            migrationBuilder.DropColumn(
                name: "Role",
                table: "audit");

            migrationBuilder.AddColumn<string>(
                name: "DetailJson",
                table: "audit",
                type: "text",
                nullable: false,
                defaultValue: "");
        }
    }
}
